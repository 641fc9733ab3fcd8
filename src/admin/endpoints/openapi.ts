import { jsonResponse } from '../endpoint.ts';
import type { GatewayView } from '../gateway-view.ts';
import type { AddOperation, AdminApi } from '../operation.ts';

/** Serves the OpenAPI document of all operations that have been added to the API. */
export const addOpenApiDocument: AddOperation = (api, view) => {
  let document: ReturnType<typeof makeDocument> | undefined;
  api.get('/admin/openapi.json', () => {
    document ??= makeDocument(api, view);
    return jsonResponse(200, view.config.admin?.auth === undefined ? document : withCredentials(document));
  });
};

function makeDocument(api: AdminApi, { version }: GatewayView) {
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Sluice admin API',
      version,
      description:
        'API keys, circuit breakers and the configuration. Errors are problem details (RFC 9457) with a stable code.',
    },
  });
}

function withCredentials(document: ReturnType<typeof makeDocument>): object {
  const securitySchemes = { basic: { type: 'http', scheme: 'basic' } };
  return { ...document, components: { ...document.components, securitySchemes }, security: [{ basic: [] }] };
}
