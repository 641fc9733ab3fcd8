import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { parseAtOnce } from '../../src/config/parse-at-once.fixture.ts';
import type { Config } from '../../src/config/schema.ts';
import { headOf } from '../../src/core/routed-request.fixture.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { explainRoutes } from '../../src/routing/explain-routes.ts';
import { decidePath } from '../../src/snapshot/decide.ts';
import { Router } from '../../src/routing/router.ts';

const emptyMatch = { host: undefined, methods: undefined };
const page = readFileSync(new URL('../../docs/routing.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
const rest = `listeners: [{ address: ":8080" }]
upstreams: { api: { targets: ["http://a"] }, next: { targets: ["http://b"] }, stable: { targets: ["http://c"] } }
`;

function load(block: string): Config {
  const text = block.startsWith('listeners:') ? block : rest + block;
  const read = parseAtOnce({ text, format: 'yaml', file: 'routing.md', variables: {} });
  const loaded = 'issues' in read ? read : loadConfig(read.document, builtInPolicies);
  assert.ok('config' in loaded, JSON.stringify('issues' in loaded ? loaded.issues : ''));
  return loaded.config;
}

describe('the page about routing', () => {
  test('has examples that are valid', () => {
    assert.ok(blocks.length >= 7);
    for (const block of blocks) assert.ok(load(block).routes.length > 0);
  });

  const config = load(blocks.find((block) => block.startsWith('listeners:')) ?? '');
  const router = new Router(config.routes.map(({ name, match }) => ({ ...emptyMatch, ...match, name })));
  const rows = [...page.matchAll(/^\| `(\S+) (\S+)`(?: with `(\S+): (\S+)`)? +\| `(\S+)` +\|/gm)];

  test('has a table of requests', () => assert.ok(rows.length >= 14));

  for (const [row, method = '', target = '', name, value = '', route] of rows) {
    test(`is right about ${row.split('|')[1]?.trim() ?? ''}`, () => {
      const { pathname, search } = new URL(target, 'http://a');
      const host = name === 'Host' ? value : 'localhost:8080';
      const request = headOf({ method, host, query: search, headers: name === undefined ? {} : { [name]: value } });
      const path = decidePath(pathname) ?? '';
      assert.equal(router.match(request, path)?.name, route);
      const chosen = explainRoutes(router, request, path).filter(({ matched }) => matched);
      assert.deepEqual(
        chosen.map((candidate) => candidate.route),
        [route],
      );
    });
  }
});
