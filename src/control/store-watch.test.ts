import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyStore } from '../stores/key-store.ts';
import { StoreWatch } from './store-watch.ts';

test('a store that is away is told of once at once and once a minute, until it is back', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const lines: string[] = [];
  let tell: (up: boolean) => void = () => {};
  const store = { onStateChange: (listener: (up: boolean) => void) => (tell = listener) } as unknown as KeyStore;
  const watch = new StoreWatch(
    store,
    { log: (level, message) => void lines.push(`${level} ${message.slice(0, 17)}`) },
    'so',
  );
  assert.deepEqual(lines, []);
  tell(false);
  t.mock.timers.tick(59_999);
  assert.deepEqual(lines, ['warn the store cannot ']);
  t.mock.timers.tick(60_001);
  assert.equal(lines.length, 3);
  tell(true);
  assert.equal(lines.at(-1), 'info the store can be ');
  t.mock.timers.tick(600_000);
  assert.equal(lines.length, 4);
  tell(false);
  watch.stop();
  t.mock.timers.tick(600_000);
  assert.equal(lines.length, 5);
});
