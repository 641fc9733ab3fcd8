import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { explainListenError, probeAddresses } from './listen-addresses.ts';
import { StartError } from './start-error.ts';

const host = '127.0.0.1';

test('port 0 becomes a port that can be listened on afterwards, a different one each time', async () => {
  const [first, second] = await probeAddresses([
    { host, port: 0 },
    { host, port: 0 },
  ]);
  assert.ok(first !== undefined && second !== undefined);
  assert.notEqual(first.port, 0);
  assert.notEqual(first.port, second.port);
  assert.deepEqual(await probeAddresses([first]), [first]);
});

test('a port that another program shares with its own workers counts as in use', async () => {
  const other = createServer();
  other.listen({ host, port: 0, reusePort: true });
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    await assert.rejects(probeAddresses([{ host, port }]), {
      name: 'StartError',
      message: `port ${port} on 127.0.0.1 is in use by another program: stop that program or choose another port.`,
    });
  } finally {
    other.close();
  }
});

test('two addresses of the gateway that overlap are named', async () => {
  const [free] = await probeAddresses([{ host, port: 0 }]);
  assert.ok(free !== undefined);
  await assert.rejects(probeAddresses([free, { host: '0.0.0.0', port: free.port }]), {
    message: `0.0.0.0:${free.port} and 127.0.0.1:${free.port} overlap: give them different ports.`,
  });
});

test('a host of another machine is named', async () => {
  await assert.rejects(probeAddresses([{ host: '192.0.2.1', port: 0 }]), /^StartError: 192\.0\.2\.1 is not an address/);
});

test('each reason says what to do', () => {
  const explain = (code: string): string =>
    explainListenError(Object.assign(new Error('boom'), { code }), { host: '::1', port: 80 }).message;
  assert.match(explain('EACCES'), /^port 80 on ::1 may not be opened by this user: choose a port from 1024 up/);
  assert.match(explain('ENOTFOUND'), /^the host ::1 cannot be resolved: choose/);
  assert.equal(explain('EIO'), 'port 80 on ::1 cannot be opened: boom');
  assert.ok(explainListenError(new Error('boom'), { host, port: 1 }) instanceof StartError);
});
