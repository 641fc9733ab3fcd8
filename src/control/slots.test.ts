import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from '../config/document.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { assignSlots, shapeFor } from './slots.ts';

function configOf(upstreams: Record<string, string[]>): Config {
  const loaded = loadConfig(
    documentFromValue(
      {
        listeners: [{ address: '127.0.0.1:0' }],
        upstreams: Object.fromEntries(Object.entries(upstreams).map(([name, targets]) => [name, { targets }])),
        routes: Object.keys(upstreams).map((name) => ({ name, match: { path: `/${name}/*` }, upstream: name })),
      },
      'test',
    ),
  );
  assert.ok('config' in loaded);
  return loaded.config;
}

test('routes have slots from 1 up, the paths of the gateway among them; upstreams and targets from 0 up', () => {
  const slots = assignSlots(configOf({ a: ['http://h:1', 'http://h:2'], b: ['http://h:1'] }));
  assert.deepEqual(Object.values(slots.routes), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(slots.routes['gateway:/health'], 3);
  assert.equal(slots.routes['b'], 9);
  assert.deepEqual(slots.upstreams, { a: 0, b: 1 });
  assert.deepEqual(slots.targets, { 'a http://h:1': 0, 'a http://h:2': 1, 'b http://h:1': 2 });
});

test('a name keeps its slot, and a slot that became free is given to a new name', () => {
  const before = assignSlots(configOf({ a: ['http://h:1'], b: ['http://h:2'], c: ['http://h:3'] }));
  const after = assignSlots(configOf({ c: ['http://h:3'], d: ['http://h:4'], a: ['http://h:1'] }), before);
  assert.deepEqual(after.upstreams, { c: 2, a: 0, d: 1 });
  assert.deepEqual(after.targets, { 'c http://h:3': 2, 'a http://h:1': 0, 'd http://h:4': 1 });
  assert.equal(after.routes['c'], before.routes['c']);
  assert.equal(after.routes['d'], before.routes['b']);
});

test('a name that objects have by nature is a name like any other', () => {
  const slots = assignSlots(configOf({ constructor: ['http://h:1'] }));
  assert.deepEqual(slots.upstreams, { constructor: 0 });
});

test('the shape has room for every slot', () => {
  const slots = assignSlots(configOf({ a: ['http://h:1', 'http://h:2'], b: ['http://h:1'] }));
  assert.deepEqual(shapeFor(slots, 2), { workers: 2, routes: 10, upstreams: 2, targets: 3, series: 320 });
  assert.deepEqual(shapeFor(assignSlots(configOf({})), 1), {
    workers: 1,
    routes: 8,
    upstreams: 0,
    targets: 0,
    series: 256,
  });
});
