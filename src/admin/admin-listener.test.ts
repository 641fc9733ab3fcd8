import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address } from '../config/address.ts';
import { AdminListener } from './admin-listener.ts';

/** Servers that only note what is done to them. */
function createBench(refuses: (address: Address) => boolean = () => false) {
  const events: string[] = [];
  const farewells = new Map<number, () => void>();
  const listener = new AdminListener(async (address) => {
    if (refuses(address)) throw new Error(`${address.port} is in use`);
    events.push(`open ${address.port}`);
    return {
      close: async () => void events.push(`close ${address.port}`),
      async leave() {
        events.push(`leave ${address.port}`);
        await new Promise<void>((resolve) => farewells.set(address.port, resolve));
      },
    };
  });
  const move = async (port: number | null) => {
    await listener.prepare(port === null ? null : { host: '127.0.0.1', port });
    listener.commit();
  };
  return { listener, events, farewells, move };
}

test('the new address is open before the old one is left, and the same one is not touched', async () => {
  const { listener, events, move } = createBench();
  await move(1);
  await move(1);
  assert.deepEqual(events, ['open 1']);
  await listener.prepare({ host: '127.0.0.1', port: 2 });
  assert.deepEqual(events, ['open 1', 'open 2']);
  listener.commit();
  assert.deepEqual(events, ['open 1', 'open 2', 'leave 1']);
  await move(null);
  assert.deepEqual(events.slice(3), ['leave 2']);
  await move(3);
  assert.deepEqual(events.slice(4), ['open 3']);
});

test('what was prepared is closed when it is abandoned, and what is open stays', async () => {
  const { listener, events, move } = createBench(({ port }) => port === 3);
  await move(1);
  await listener.prepare({ host: '127.0.0.1', port: 2 });
  await listener.abandon();
  await assert.rejects(listener.prepare({ host: '127.0.0.1', port: 3 }), /3 is in use/);
  await listener.abandon();
  await listener.prepare({ host: '127.0.0.1', port: 1 });
  await listener.abandon();
  assert.deepEqual(events, ['open 1', 'open 2', 'close 2']);
});

test('closing it cuts those that are being left too', async () => {
  const { listener, events, farewells, move } = createBench();
  await move(1);
  await move(2);
  await move(3);
  farewells.get(1)?.();
  await new Promise((resolve) => setImmediate(resolve));
  await listener.close();
  assert.deepEqual(events.slice(-2), ['close 2', 'close 3']);
});
