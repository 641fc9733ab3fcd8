import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { flagDefaults } from '../../doors/flags.ts';
import { startMockBackend } from '../../mock-backend/server.ts';
import { UsageError, type OptionValues } from '../command.ts';
import { recordInvocation } from '../invocation.fixture.ts';
import { gatewayCommand } from './gateway.ts';

async function refusalOf(values: OptionValues): Promise<string> {
  const { invocation } = recordInvocation({ values });
  try {
    await gatewayCommand.run(invocation);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  return assert.fail('it was not refused');
}

test('every option is explained, with its default', () => {
  for (const option of Object.keys(gatewayCommand.options)) {
    assert.match(gatewayCommand.help, new RegExp(`^  -${option} `, 'm'));
  }
  for (const value of Object.values(flagDefaults)) {
    assert.ok(value === null || gatewayCommand.help.includes(`(default: ${value})`), String(value));
  }
});

test('a backend without a scheme is refused with the URL that was meant', async () => {
  assert.equal(
    await refusalOf({ backends: 'http://localhost:8081,localhost:8082' }),
    '-backends: expected a target such as http://10.0.0.1:8080, got "localhost:8082"\n' +
      '  did you mean "http://localhost:8082"?',
  );
});

test('wrong values of several flags are told at once, each by its flag', async () => {
  const refusal = await refusalOf({
    port: 'http',
    backends: '',
    'rate-limit': '-1',
    keys: 'a,,b',
    'health-interval': '10',
    workers: 'two',
  });
  const flags = refusal.split('\n').map((line) => line.slice(0, line.indexOf(':')));
  assert.deepEqual(flags.toSorted(), ['-backends', '-health-interval', '-keys', '-port', '-rate-limit', '-workers']);
  assert.doesNotMatch(refusal, /upstreams|listeners|targets\[/);
});

test('an argument and a wrong level of the log are wrong usage', async () => {
  const { invocation } = recordInvocation({ positionals: ['client'] });
  await assert.rejects(gatewayCommand.run(invocation), /^UsageError: gateway takes no argument, but got "client"\./);
  assert.match(await refusalOf({ 'log-level': 'loud' }), /^--log-level must be one of/);
});

test('the gateway serves its backends until its signal', async (t) => {
  const backend = await startMockBackend({ name: 'Backend-7', port: 0, host: '127.0.0.1' });
  t.after(() => backend.close());
  const abort = new AbortController();
  const { invocation, errorsText } = recordInvocation({
    values: { port: '0', backends: backend.url, workers: '1', 'log-file': '/dev/null' },
    signal: abort.signal,
  });
  const done = gatewayCommand.run(invocation);
  const findPort = () => /"addresses":"http:\/\/0\.0\.0\.0:(\d+)","workers":1/.exec(errorsText())?.[1];
  while (findPort() === undefined) {
    const ended = await Promise.race([done.then(() => true), setImmediate(false)]);
    assert.equal(ended, false, errorsText());
  }
  const url = `http://127.0.0.1:${findPort()}`;
  const fields = { Connection: 'close' };
  assert.partialDeepStrictEqual(await (await fetch(`${url}/api/data`, { headers: fields })).json(), {
    backend: 'Backend-7',
  });
  const refused = await fetch(`${url}/api/data`, { headers: { ...fields, 'X-API-Key': 'key-nobody' } });
  assert.equal(refused.status, 401);
  assert.partialDeepStrictEqual(await refused.json(), { code: 'invalid_api_key' });
  abort.abort();
  assert.equal(await done, 0);
});
