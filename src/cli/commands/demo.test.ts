import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import { UsageError } from '../command.ts';
import { recordInvocation } from '../invocation.fixture.ts';
import { demoCommand } from './demo.ts';

async function occupyPort(t: TestContext): Promise<number> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('the demo serves through three backends in turn until its signal', async () => {
  const abort = new AbortController();
  const { invocation, outputText, firstLine } = recordInvocation({
    values: { port: '0', 'backend-port': '0', workers: '2', 'log-level': 'error' },
    signal: abort.signal,
  });
  const done = demoCommand.run(invocation);
  const url = /listens on (\S+),/.exec(await firstLine)?.[1] ?? '';
  assert.match(outputText(), /Ctrl-C stops everything\./);
  const ask = async (path: string): Promise<Response> => await fetch(url + path, { headers: { Connection: 'close' } });
  const seen: string[] = [];
  for (let count = 0; count < 6; count += 1) {
    seen.push(((await (await ask('/api/data')).json()) as { backend: string }).backend);
  }
  assert.deepEqual([...seen].toSorted(), [
    'Backend-1',
    'Backend-1',
    'Backend-2',
    'Backend-2',
    'Backend-3',
    'Backend-3',
  ]);
  assert.match(
    await (await ask('/metrics')).text(),
    /^gateway_http_requests_total\{method="GET",path="\/\*",status="200"\} 6$/m,
  );
  abort.abort();
  assert.equal(await done, 0);
  await assert.rejects(ask('/livez'));
});

test('a port of the gateway that is in use is named with the flag that changes it', async (t) => {
  const port = await occupyPort(t);
  const { invocation, outputText, errorsText } = recordInvocation({
    values: { port: String(port), 'backend-port': '0' },
  });
  assert.equal(await demoCommand.run(invocation), 1);
  assert.equal(outputText(), '');
  assert.match(errorsText(), new RegExp(`^port ${port} on 127\\.0\\.0\\.1 is in use .* --port .*\\n$`));
});

test('a port of a backend that is in use is named with the flag that changes it', async (t) => {
  const port = await occupyPort(t);
  const { invocation, errorsText } = recordInvocation({ values: { port: '0', 'backend-port': String(port) } });
  assert.equal(await demoCommand.run(invocation), 1);
  assert.match(errorsText(), new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use .* --backend-port .*\\n$`));
});

test('wrong flags are wrong usage', async () => {
  for (const values of [{ port: '-1' }, { 'backend-port': '65534' }, { workers: '0' }, { 'log-level': 'loud' }]) {
    await assert.rejects(demoCommand.run(recordInvocation({ values }).invocation), UsageError);
  }
  await assert.rejects(demoCommand.run(recordInvocation({ positionals: ['x'] }).invocation), UsageError);
});
