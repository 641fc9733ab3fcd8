import { jsonResponse } from '../endpoint.ts';
import type { GatewayView } from '../gateway-view.ts';
import type { AddOperation, AdminApi } from '../operation.ts';

/** Serves the OpenAPI document of all operations that have been added to the API. */
export const addOpenApiDocument: AddOperation = (api, view) => {
  let document: object | undefined;
  api.get('/admin/openapi.json', () => {
    document ??= makeDocument(api, view);
    return jsonResponse(200, document);
  });
};

function makeDocument(api: AdminApi, { version, config }: GatewayView): object {
  const locked = config.admin?.auth !== undefined;
  if (locked) api.openAPIRegistry.registerComponent('securitySchemes', 'basic', { type: 'http', scheme: 'basic' });
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Sluice admin API',
      version,
      description: 'API keys and circuit breakers. Errors are problem details (RFC 9457) with a stable code.',
    },
    ...(locked ? { security: [{ basic: [] }] } : {}),
  });
}
