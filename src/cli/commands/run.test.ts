import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { UsageError } from '../command.ts';
import { recordInvocation } from '../invocation.fixture.ts';
import { runCommand } from './run.ts';

function writeConfig(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sluice.yaml');
  writeFileSync(file, text);
  return file;
}

/** The address that the log line of a gateway that serves tells. */
async function waitForAddress(errorsText: () => string): Promise<string> {
  for (;;) {
    const address = /"addresses":"([^"]+)","workers":(\d+)/.exec(errorsText());
    if (address?.[1] !== undefined) {
      assert.equal(address[2], '1');
      return address[1];
    }
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test('the gateway of a file serves until its signal; --workers goes before the file', async (t) => {
  const file = writeConfig(t, 'listeners: [{ address: 127.0.0.1:0 }]\nworkers: 3\n');
  const abort = new AbortController();
  const { invocation, outputText, errorsText } = recordInvocation({
    positionals: [file],
    values: { workers: '1' },
    signal: abort.signal,
  });
  const done = runCommand.run(invocation);
  const url = await waitForAddress(errorsText);
  assert.equal((await fetch(`${url}/readyz`, { headers: { Connection: 'close' } })).status, 200);
  abort.abort();
  assert.equal(await done, 0);
  assert.equal(outputText(), '');
  await assert.rejects(fetch(`${url}/readyz`));
});

test('a signal that came while the gateway started ends it all the same', async (t) => {
  const file = writeConfig(t, 'listeners: [{ address: 127.0.0.1:0 }]\n');
  const { invocation } = recordInvocation({
    positionals: [file],
    values: { workers: '1' },
    signal: AbortSignal.abort(),
  });
  assert.equal(await runCommand.run(invocation), 0);
});

test('every issue of the file is told, and nothing starts', async (t) => {
  const file = writeConfig(t, 'listeners: []\nwrokers: 2\n');
  const { invocation, errorsText } = recordInvocation({ positionals: [file] });
  assert.equal(await runCommand.run(invocation), 1);
  assert.match(errorsText(), new RegExp(`^${file}:1:12: listeners: .*\\n`));
  assert.match(errorsText(), new RegExp(`^${file}:2:1: wrokers: .*\\n(?:.*\\n)*  did you mean "workers"\\?`, 'm'));
  assert.doesNotMatch(errorsText(), /addresses/);
});

test('a port that is in use is one line, exit code 1', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const { invocation, errorsText } = recordInvocation({
    positionals: [writeConfig(t, `listeners: [{ address: "127.0.0.1:${port}" }]\n`)],
  });
  assert.equal(await runCommand.run(invocation), 1);
  assert.equal(
    errorsText(),
    `port ${port} on 127.0.0.1 is in use by another program: stop that program or choose another port.\n`,
  );
});

test('a wrong flag is wrong usage, before the file is looked at', async () => {
  for (const values of [{ workers: '0' }, { workers: 'two' }, { 'log-level': 'loud' }]) {
    const { invocation } = recordInvocation({ positionals: ['/nowhere/sluice.yaml'], values });
    await assert.rejects(runCommand.run(invocation), UsageError);
  }
});
