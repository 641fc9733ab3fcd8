import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSharedState } from '../state/layout.ts';
import { configOf } from './fixtures/config-of.ts';
import { listSlotNames, roomFor, shapeFor, type SlotNames } from './slots.ts';

const many = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);
const namesOf = (routes: number, upstreams: number, targets: number): SlotNames => ({
  routes: many(routes),
  upstreams: many(upstreams),
  targets: many(targets),
});

test('routes, the paths of the gateway, upstreams and targets have slots by their names', () => {
  const names = listSlotNames(configOf({ a: ['http://h:1', 'http://h:2'], b: ['http://h:1'] }));
  assert.deepEqual(names, {
    routes: [
      ...['/livez', '/readyz', '/health', '/info', '/metrics', '/services/health', '/admin/*'].map(
        (path) => `gateway:${path}`,
      ),
      'a',
      'b',
    ],
    upstreams: ['a', 'b'],
    targets: ['a http://h:1', 'a http://h:2', 'b http://h:1'],
  });
});

test('there is room for thousands, and for twice what is configured where that is more', () => {
  assert.deepEqual(roomFor(namesOf(3, 2, 2), 4), { routes: 4_096, upstreams: 1_024, targets: 4_096 });
  assert.deepEqual(roomFor(namesOf(3_000, 2_000, 5_000), 4), { routes: 6_001, upstreams: 4_000, targets: 10_000 });
});

test('many workers have less room each, so that all of it stays within some hundred megabytes', () => {
  const room = roomFor(namesOf(3, 2, 2), 256);
  assert.ok(room.routes < 1_000 && room.upstreams < 200, JSON.stringify(room));
  assert.ok(createSharedState(shapeFor(room, 256)).offsets.totalBytes < 1_024 ** 3);
  assert.equal(roomFor(namesOf(3_000, 2, 2), 256).routes, 6_001);
});

test('the shape has series for every route, up to a limit', () => {
  const room = { routes: 4, upstreams: 2, targets: 3 };
  assert.deepEqual(shapeFor(room, 2), { workers: 2, routes: 4, upstreams: 2, targets: 3, series: 256 });
  assert.equal(shapeFor({ ...room, routes: 100 }, 2).series, 3_200);
  assert.equal(shapeFor({ ...room, routes: 4_096 }, 2).series, 65_536);
});

test('room that is not used takes no memory', { skip: process.platform !== 'linux' }, () => {
  const before = process.memoryUsage.rss();
  const state = createSharedState(shapeFor(roomFor(namesOf(10, 5, 5), 8), 8));
  assert.ok(state.offsets.totalBytes > 100 * 1024 ** 2, `${state.offsets.totalBytes} bytes`);
  const growth = process.memoryUsage.rss() - before;
  assert.ok(growth < 16 * 1024 ** 2, `${growth} bytes for ${state.offsets.totalBytes}`);
});
