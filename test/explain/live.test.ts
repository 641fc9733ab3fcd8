import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { runCommandLine } from '../../src/cli/main.ts';
import { recordInvocation } from '../../src/cli/invocation.fixture.ts';
import type { Explanation } from '../../src/core/explanation.ts';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { startRefusedPort } from '../support/refused-port.ts';

const password = 'a-password-of-the-admin';

async function explain({ gateway }: RunningGateway, ...words: string[]): Promise<Explanation> {
  const { code, output, errors } = await run(gateway, ['explain', ...words, '--json']);
  assert.equal(code, 0, errors);
  return JSON.parse(output) as Explanation;
}

async function run(
  { adminAddress }: RunningGateway['gateway'],
  words: readonly string[],
  env: NodeJS.ProcessEnv = { ADMIN_PASSWORD: password },
): Promise<{ code: number; output: string; errors: string }> {
  assert.ok(adminAddress !== null);
  const admin = `http://${adminAddress.host}:${adminAddress.port}`;
  const { invocation, outputText, errorsText } = recordInvocation({ env });
  const code = await runCommandLine([...words, '--live', '--admin', admin], invocation);
  return { code, output: outputText(), errors: errorsText() };
}

async function startLimited(t: TestContext, url: string, upstream: object = {}): Promise<RunningGateway> {
  return await startGateway(t, {
    workers: 2,
    admin: { address: '127.0.0.1:0', auth: { password } },
    keys: [{ name: 'app', secret: 'key-of-the-app' }],
    upstreams: { api: { targets: [url], health: false, retry: false, ...upstream } },
    routes: [
      {
        name: 'api',
        policies: [{ api_key: {} }, { rate_limit: { by: 'key', limit: '2/min', burst: 2 } }],
        upstream: 'api',
      },
    ],
  });
}

test('a running gateway tells what is left of a limit, without taking from it', async (t) => {
  const target = await startRecordingTarget(t);
  const running = await startLimited(t, target.url);
  const words = ['GET', `http://127.0.0.1:${running.port}/a`, '-H', 'X-API-Key: key-of-the-app'];
  const remaining = async () => (await explain(running, ...words)).policies[1]?.limits?.[0]?.remaining;
  assert.equal(await remaining(), 1);
  assert.equal(await remaining(), 1);
  const headers = { 'X-API-Key': 'key-of-the-app', Connection: 'close' };
  const ask = async () => (await fetch(`http://127.0.0.1:${running.port}/a`, { headers })).status;
  assert.equal(await ask(), 200);
  assert.equal(await remaining(), 0);
  assert.equal(await ask(), 200);
  const used = await explain(running, ...words);
  assert.deepEqual([used.live, used.status, used.code], [true, 429, 'rate_limited']);
  assert.ok(used.answer?.fields.some(([name, value]) => name === 'Retry-After' && Number(value) > 0));
  assert.equal(await ask(), 429);
});

test('a running gateway tells of a breaker that is open', async (t) => {
  const refused = await startRefusedPort(t);
  const running = await startLimited(t, refused, { breaker: { max_failures: 2, reset_timeout: '1h' } });
  const before = await explain(running, 'GET', '/a');
  assert.deepEqual([before.status, before.target], [null, refused]);
  for (let request = 0; request < 2; request += 1) {
    const response = await fetch(`http://127.0.0.1:${running.port}/a`, { headers: { Connection: 'close' } });
    assert.equal(response.status, 502);
  }
  const open = await explain(running, 'GET', '/a');
  assert.deepEqual([open.status, open.code, open.target], [503, 'circuit_open', null]);
  assert.equal(open.upstreams[0]?.breaker?.state, 'open');
});

test('a running gateway is asked with credentials, and what cannot be asked is told', async (t) => {
  const target = await startRecordingTarget(t);
  const { gateway } = await startLimited(t, target.url);
  const missing = await run(gateway, ['explain', 'GET', '/'], {});
  assert.equal(missing.code, 1);
  assert.match(missing.errors, /refuses the credentials.*ADMIN_PASSWORD/);
  const wrong = await run(gateway, ['explain', 'GET', '/'], { ADMIN_PASSWORD: 'guessed-by-me' });
  assert.equal(wrong.code, 1);
  assert.ok(!wrong.errors.includes('guessed-by-me'));
  const { invocation, errorsText } = recordInvocation();
  const refused = await startRefusedPort(t);
  assert.equal(await runCommandLine(['explain', 'GET', '/', '--live', '--admin', refused], invocation), 1);
  assert.match(errorsText(), /cannot be asked: ECONNREFUSED/);
});
