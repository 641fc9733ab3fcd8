import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKeySchema } from './api-key-schemas.ts';
import { breakerSchema } from './breaker-schema.ts';
import { basicField, createAdminBench, jsonPost, testCredentials } from './fixtures/admin-bench.ts';

interface DocumentedOperation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, object>>;
  readonly requestBody?: object;
}

interface ApiDocument {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly security?: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes?: object };
}

async function readDocument(): Promise<ApiDocument> {
  const response = await createAdminBench().ask('/admin/openapi.json');
  assert.equal(response.headers.get('Content-Type'), 'application/json');
  return (await response.json()) as ApiDocument;
}

test('the document has each operation of the admin API, with success and refusals', async () => {
  const { openapi, info, paths } = await readDocument();
  assert.deepEqual([openapi, info.version], ['3.1.0', '1.2.3']);
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => `${method} ${path} ${Object.keys(responses).join(' ')}`),
  );
  assert.deepEqual(listed.toSorted(), [
    'delete /admin/apikeys/{id} 200 401 403 404 413 429 503',
    'get /admin/apikeys 200 401 429 503',
    'get /admin/circuit-breakers 200 401 429',
    'get /admin/config 200 401 429',
    'post /admin/apikeys 201 400 401 403 413 429 503',
    'post /admin/apikeys/{id}/revoke 200 401 403 404 413 429 503',
    'post /admin/circuit-breakers/reset 200 401 403 413 429',
    'post /admin/circuit-breakers/{name}/reset 200 401 403 404 413 429',
    'post /admin/config/reload 200 401 403 413 422 429',
    'post /admin/explain 200 400 401 403 413 429',
  ]);
});

test('every reference of the document leads somewhere, and every operation has an id of its own', async () => {
  const document = await readDocument();
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  assert.ok(references.length > 0);
  for (const [, name = ''] of references) assert.ok(Object.hasOwn(document.components.schemas, name), name);
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((it) => it.operationId));
  assert.equal(new Set(ids).size, ids.length);
});

test('what is asked for and answered follows from the schemas that requests are checked by', async () => {
  const { components, paths } = await readDocument();
  const wanted = components.schemas['WantedKey'] as { required: string[]; additionalProperties: boolean };
  assert.deepEqual([wanted.required, wanted.additionalProperties], [['name'], false]);
  assert.match(JSON.stringify(paths['/admin/apikeys']?.['post']?.requestBody), /schemas\/WantedKey/);
  const { ask } = createAdminBench();
  const made = (await (await ask('/admin/apikeys', jsonPost({ name: 'app' }))).json()) as {
    data: { api_key: unknown };
  };
  apiKeySchema.parse(made.data.api_key);
  const listed = (await (await ask('/admin/circuit-breakers')).json()) as { data: unknown[] };
  assert.equal(listed.data.map((breaker) => breakerSchema.parse(breaker)).length, 2);
});

test('the document says that credentials are asked for, where they are', async () => {
  assert.equal((await readDocument()).security, undefined);
  const { ask } = createAdminBench({ auth: testCredentials });
  const headers = { Authorization: basicField(testCredentials) };
  for (let count = 0; count < 2; count += 1) {
    const document = (await (await ask('/admin/openapi.json', { headers })).json()) as ApiDocument;
    assert.deepEqual(document.security, [{ basic: [] }]);
    assert.deepEqual(document.components.securitySchemes, { basic: { type: 'http', scheme: 'basic' } });
  }
});
