import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAdminBench } from '../../src/admin/fixtures/admin-bench.ts';
import { endpoints } from '../../src/admin/endpoints/index.ts';
import { readText } from './sources.ts';

const page = readText('docs/admin-api.md');

/** The texts in backquotes that rows of a table begin with. */
function listFirstCells(): string[] {
  return [...page.matchAll(/^\| `((?:[A-Z]+ )?\/[^`]*)`/gm)].map(([, cell = '']) => cell).toSorted();
}

test('the page of the admin API has each endpoint, and no other', async () => {
  const answer = await createAdminBench().ask('/admin/openapi.json');
  const { paths } = (await answer.json()) as { paths: Record<string, object> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = [...endpoints.map(({ path }) => path), ...operations, 'GET /admin/openapi.json'];
  assert.deepEqual(listFirstCells(), known.toSorted());
});
