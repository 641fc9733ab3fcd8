import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestView } from './fixtures/test-view.ts';
import { readUpstreams } from './served-upstreams.ts';

test('the patterns of an upstream are those of every route that sends it requests or copies of them', () => {
  const { view } = createTestView({
    routes: [
      { name: 'pets', match: { path: '/pets/*' }, upstream: 'pets', mirror: { upstream: 'all' } },
      { name: 'pets-write', match: { path: '/write' }, split: [{ upstream: 'pets' }, { upstream: 'all', weight: 0 }] },
      { name: 'all', redirect: { to: '/pets' } },
    ],
  });
  assert.deepEqual(
    readUpstreams(view).map(({ name, patterns }) => [name, patterns]),
    [
      ['pets', ['/pets/*', '/write']],
      ['all', ['/pets/*', '/write']],
    ],
  );
});
