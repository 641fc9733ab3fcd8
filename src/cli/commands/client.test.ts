import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { UsageError, type OptionValues } from '../command.ts';
import { recordInvocation, type InvocationParts } from '../invocation.fixture.ts';
import { clientCommand } from './client.ts';

/** Stands for a gateway that serves two backends in turn and refuses after `limit` requests. */
let server: Server;
let endpoint: string;
let served = 0;
let limit = Infinity;
let openDoor = false;

async function run(parts: InvocationParts & { values?: OptionValues }) {
  const recorded = recordInvocation({ ...parts, values: { endpoint, ...parts.values } });
  const exitCode = await clientCommand.run(recorded.invocation);
  return { exitCode, output: recorded.outputText(), errors: recorded.errorsText() };
}

describe('sluice client', () => {
  before(async () => {
    server = createServer(({ headers }, response) => {
      served += 1;
      const refused = headers['x-api-key'] === 'invalid-key' && !openDoor;
      const status = refused ? 401 : served > limit ? 429 : 200;
      const body =
        status === 200 ? { backend: `Backend-${1 + (served % 2)}` } : { code: refused ? 'no' : 'rate_limited' };
      response.writeHead(status).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    served = 0;
    limit = Infinity;
    openDoor = false;
  });

  it('prints an aligned line a request and a summary', async () => {
    const { exitCode, output, errors } = await run({ positionals: ['data'], values: { count: '10' } });
    assert.equal(exitCode, 0);
    assert.equal(errors, '');
    const lines = output.split('\n');
    for (const line of lines.slice(0, 10)) assert.match(line, /^[ \d]\d {2}200 {2}[ \d.]{8} ms {2}Backend-[12]$/);
    assert.match(lines[11] ?? '', /^requests {2}10 in [\d.]+ ms$/);
    assert.deepEqual(lines.slice(12, 14), ['statuses  200: 10', 'backends  Backend-1: 5, Backend-2: 5']);
    assert.match(lines[14] ?? '', /^times {5}p50 [\d.]+ ms, p95 [\d.]+ ms, p99 [\d.]+ ms$/);
    assert.equal(lines[15], 'Every answer was as expected.');
  });

  it('takes the command from --cmd too, and health by default', async () => {
    assert.equal(JSON.parse((await run({ values: { cmd: 'user', json: true } })).output).command, 'user');
    assert.equal(JSON.parse((await run({ values: { json: true } })).output).command, 'health');
  });

  it('passes auth when the invalid key is refused and fails when it is let in', async () => {
    const closed = await run({ positionals: ['auth'] });
    assert.equal(closed.exitCode, 0);
    assert.match(closed.output, /^3 {2}invalid key {2}401 .* no$/m);
    openDoor = true;
    const open = await run({ positionals: ['auth'] });
    assert.equal(open.exitCode, 1);
    assert.match(open.errors, /request 3 \(invalid key\) expected 401 and got 200/);
  });

  it('sends 150 requests for rate-limit by default and passes when the limit bites', async () => {
    limit = 100;
    const { exitCode, output } = await run({ positionals: ['rate-limit'] });
    assert.equal(exitCode, 0);
    assert.equal(served, 150);
    assert.match(output, /^101 {2}429 .* rate_limited$/m);
    assert.match(output, /^statuses {2}200: 100, 429: 50$/m);
  });

  it('fails rate-limit when the limit never bites', async () => {
    const { exitCode, errors } = await run({ positionals: ['rate-limit'], values: { count: '5' } });
    assert.equal(exitCode, 1);
    assert.match(errors, /^No 429 within 5 requests/);
  });

  it('prints one JSON object with --json', async () => {
    const { exitCode, output } = await run({ positionals: ['data'], values: { count: '2', json: true } });
    assert.equal(exitCode, 0);
    assert.equal(output.indexOf('\n'), output.length - 1);
    assert.partialDeepStrictEqual(JSON.parse(output), {
      command: 'data',
      ok: true,
      summary: { requests: 2, statuses: { 200: 2 }, backends: { 'Backend-1': 1, 'Backend-2': 1 } },
      requests: [{ index: 1, status: 200, backend: 'Backend-2', error: null, ok: true }, { index: 2 }],
    });
  });

  it('says in one line that nothing listens', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const origin = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    gone.close();
    await once(gone, 'close');
    const { exitCode, output, errors } = await run({ values: { endpoint: origin, count: '3' } });
    assert.equal(exitCode, 1);
    assert.equal(output, '');
    assert.equal(
      errors,
      `Nothing listens at ${origin}: the connection was refused. Start the gateway, or name another endpoint.\n`,
    );
  });

  it('shows progress on a terminal where no lines appear, and clears it', async () => {
    const values = { count: '20', json: true };
    const { errors } = await run({ positionals: ['data'], values, errorsIsTerminal: true });
    assert.ok(errors.startsWith('\r\u001b[K1 of 20 requests'));
    assert.ok(errors.endsWith('\r\u001b[K'));
    assert.equal((await run({ positionals: ['data'], values })).errors, '');
    const lines = await run({
      positionals: ['data'],
      values: { count: '20' },
      outputIsTerminal: true,
      errorsIsTerminal: true,
    });
    assert.equal(lines.errors, '');
  });

  it('never prints the key', async () => {
    const { output, errors } = await run({ positionals: ['auth'], values: { key: 'sesame-open' } });
    assert.equal((output + errors).includes('sesame'), false);
  });

  const wrong: readonly [string, InvocationParts, RegExp][] = [
    ['an unknown command', { positionals: ['ehco'] }, /Unknown client command "ehco"\. Did you mean "echo"\?/],
    ['a second command', { positionals: ['echo', 'user'] }, /takes one command, but got "user" as well/],
    ['two commands that differ', { positionals: ['echo'], values: { cmd: 'user' } }, /Give the command once/],
    ['a count of zero', { values: { count: '0' } }, /--count must be a whole number from 1 to/],
    ['an endpoint without a scheme', { values: { endpoint: 'localhost:8080' } }, /--endpoint must be a URL such as/],
    ['an endpoint with a query', { values: { endpoint: 'http://a/?b' } }, /--endpoint must be a URL such as/],
    ['a key with a line break', { values: { key: 'a\nb' } }, /--key must consist of visible ASCII/],
  ];
  for (const [what, parts, message] of wrong) {
    it(`refuses ${what} and sends nothing`, async () => {
      await assert.rejects(run(parts), (error) => error instanceof UsageError && message.test(error.message));
      assert.equal(served, 0);
    });
  }

  it('explains every option', () => {
    for (const option of Object.keys(clientCommand.options))
      assert.match(clientCommand.help, new RegExp(`--${option}\\s`));
  });
});
