import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { checkedConfig } from './fixtures/config-of.ts';
import { ListenPlan, placeOfAddress, withFoundAddresses } from './listen-plan.ts';

const host = '127.0.0.1';
const configOn = (...ports: readonly number[]) =>
  checkedConfig({ listeners: ports.map((port) => ({ address: `${host}:${port}` })) });

/** Holds a port as the workers of a gateway do. */
async function serve(t: TestContext, port: number): Promise<void> {
  const server = createServer();
  t.after(() => server.close());
  server.listen({ host, port, reusePort: true });
  await once(server, 'listening');
}

test('port 0 stays the port that the system chose, one for each time that it is written', async () => {
  const plan = new ListenPlan();
  plan.adopt(await plan.propose(configOn(0, 0)));
  const [first, second] = plan.listeners;
  assert.ok(first !== undefined && second !== undefined && first.port !== second.port);
  const proposal = await plan.propose(configOn(0, 0, 0));
  assert.deepEqual(plan.listeners, [first, second]);
  plan.adopt(proposal);
  assert.deepEqual(plan.listeners.slice(0, 2), [first, second]);
  assert.equal(plan.listeners.length, 3);
  plan.adopt(await plan.propose(configOn(0)));
  assert.deepEqual(plan.listeners, [first]);
});

test('an address that is listened on already is not tried again', async (t) => {
  const plan = new ListenPlan();
  plan.adopt(await plan.propose(configOn(0)));
  const [first] = plan.listeners;
  await serve(t, first?.port ?? 0);
  const config = checkedConfig({ listeners: [{ address: `${host}:0` }], admin: { address: `${host}:0` } });
  plan.adopt(await plan.propose(config));
  assert.deepEqual(plan.listeners, [first]);
  assert.deepEqual(withFoundAddresses(config, await plan.propose(config)).listeners, [{ address: first }]);
  assert.equal(plan.admin?.host, host);
});

test('one that overlaps an own one is left to the workers, and one that another program has is refused', async (t) => {
  const plan = new ListenPlan();
  plan.adopt(await plan.propose(configOn(0)));
  const port = plan.listeners[0]?.port ?? 0;
  await serve(t, port);
  const everywhere = checkedConfig({ listeners: [{ address: `0.0.0.0:${port}` }] });
  plan.adopt(await plan.propose(everywhere));
  assert.deepEqual(plan.listeners, [{ host: '0.0.0.0', port }]);

  const other = createServer();
  t.after(() => other.close());
  other.listen({ host, port: 0 });
  await once(other, 'listening');
  const taken = (other.address() as AddressInfo).port;
  await assert.rejects(plan.propose(configOn(taken)), { name: 'StartError', message: /is in use by another program/ });
  assert.deepEqual(plan.listeners, [{ host: '0.0.0.0', port }]);
});

test('an admin listener on a port of the main listeners is told to overlap', async (t) => {
  const plan = new ListenPlan();
  plan.adopt(await plan.propose(configOn(0)));
  const port = plan.listeners[0]?.port ?? 0;
  await serve(t, port);
  const config = checkedConfig({ listeners: [{ address: `${host}:0` }], admin: { address: `0.0.0.0:${port}` } });
  await assert.rejects(plan.propose(config), {
    message: `0.0.0.0:${port} and ${host}:${port} overlap: give them different ports.`,
  });
});

test('the address that cannot be opened is found in the configuration', async (t) => {
  const other = createServer();
  t.after(() => other.close());
  other.listen({ host, port: 0 });
  await once(other, 'listening');
  const taken = (other.address() as AddressInfo).port;
  const config = configOn(0, taken);
  const error: unknown = await new ListenPlan().propose(config).catch((reason: unknown) => reason);
  assert.equal(placeOfAddress(error, config), 'listeners[1].address');
  const admin = checkedConfig({ listeners: [{ address: `${host}:0` }], admin: { address: `${host}:${taken}` } });
  assert.equal(placeOfAddress(error, admin), 'admin.address');
  assert.equal(placeOfAddress(new Error('another'), config), 'listeners');
});
