import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startMockBackend } from '../../mock-backend/server.ts';
import { UsageError } from '../command.ts';
import { recordInvocation } from '../invocation.fixture.ts';
import { backendCommand } from './backend.ts';

describe('sluice backend', () => {
  it('prints one line when it listens and ends on the signal', async () => {
    const interruption = new AbortController();
    const values = { port: '0', name: 'Backend-3', host: '127.0.0.1' };
    const { invocation, outputText, firstLine } = recordInvocation({ values, signal: interruption.signal });
    const exitCode = backendCommand.run(invocation);
    const url = (await firstLine).replace('Backend-3 listens on ', '');
    const body = await (await fetch(`${url}/health`)).json();
    assert.partialDeepStrictEqual(body, { backend: 'Backend-3' });
    interruption.abort();
    assert.equal(await exitCode, 0);
    assert.equal(outputText(), `Backend-3 listens on ${url}\n`);
    await assert.rejects(fetch(`${url}/health`));
  });

  it('ends with 1 and one line when the port is in use', async () => {
    const other = await startMockBackend({ name: 'other', port: 0 });
    try {
      const { invocation, errorsText } = recordInvocation({ values: { port: String(other.port) } });
      assert.equal(await backendCommand.run(invocation), 1);
      assert.match(errorsText(), /^The backend "Backend-1" cannot listen: port \d+ is in use by .*\n$/);
    } finally {
      await other.close();
    }
  });

  it('refuses a wrong port and any argument', async () => {
    await assert.rejects(backendCommand.run(recordInvocation({ values: { port: '70000' } }).invocation), UsageError);
    await assert.rejects(backendCommand.run(recordInvocation({ positionals: ['x'] }).invocation), UsageError);
  });

  it('explains every option', () => {
    for (const option of Object.keys(backendCommand.options))
      assert.match(backendCommand.help, new RegExp(`--${option} `));
  });
});
