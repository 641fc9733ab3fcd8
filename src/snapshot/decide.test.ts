import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headOf } from '../core/routed-request.fixture.ts';
import { compileSnapshot } from './compile.ts';
import { decideRoute, explainRoute } from './decide.ts';
import { createCompileContext, createProgram } from './fixtures/test-program.ts';

test('a route is explained as it is decided, the gateway’s own endpoints among them', (context) => {
  const program = createProgram({
    listeners: [{ address: '127.0.0.1:0' }],
    routes: [
      { name: 'all', respond: {} },
      { name: 'a', match: { path: '/a' }, respond: {} },
    ],
  });
  const snapshot = compileSnapshot(program, createCompileContext(context));
  const request = headOf({});
  const explained = (path: string) => {
    const candidates = explainRoute(snapshot, request, path);
    assert.equal(candidates.find(({ matched }) => matched)?.route, decideRoute(snapshot, request, path)?.name);
    return candidates.map(({ route, matched, reason }) => `${matched ? '+' : '-'} ${route}: ${reason}`);
  };
  assert.deepEqual(explained('/a'), [
    '- all: matches, but is less specific than route a: its path is more specific',
    '+ a: the most specific of 2 routes that match',
  ]);
  assert.deepEqual(explained('/b'), ['+ all: the only route that matches', '- a: the path is /b, not /a']);
  assert.deepEqual(explained('/livez'), [
    "+ gateway:/livez: /livez is an endpoint of the gateway's own",
    "- all: endpoints of the gateway's own come before all routes",
    "- a: endpoints of the gateway's own come before all routes",
  ]);
});
