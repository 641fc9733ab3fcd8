import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import { runTestFile } from '../../src/expectations/run-test-file.ts';
import { loadTestFile } from '../../src/expectations/test-file.ts';
import { builtInPolicies } from '../../src/policies/index.ts';

/** Far more than it takes, so that a busy machine does not fail the test; with real time-outs it would be 50 minutes. */
const limitMs = 5_000;

test('a hundred tests with a thousand requests and half a minute of waiting each take no time', async () => {
  const document = documentFromValue(
    {
      listeners: [{ address: ':8080' }],
      upstreams: { users: { targets: ['http://10.0.0.1:80'], retry: false, breaker: false } },
      routes: [{ name: 'users', policies: [{ rate_limit: { limit: '100/s' } }], upstream: 'users' }],
    },
    'configuration',
  );
  const loaded = loadConfig(document, builtInPolicies);
  assert.ok('config' in loaded);
  const steps = [
    { request: 'GET /', times: 9, expect: { status: 200 } },
    { upstream: 'users', hangs: true },
    { request: 'GET /', expect: { status: 504, took: '30s' } },
  ];
  const tests = documentFromValue({ tests: Array.from({ length: 100 }, () => ({ name: 'one', steps })) }, 'tests');
  const read = loadTestFile(tests);
  assert.ok('file' in read);
  const { config } = loaded;
  const ran = await runTestFile({ file: read.file, document: tests, config, policies: builtInPolicies, filter: '' });
  assert.ok('results' in ran);
  assert.equal(ran.results.length, 100);
  assert.deepEqual(
    ran.results.flatMap(({ failures }) => failures),
    [],
  );
  const totalMs = ran.results.reduce((sum, { durationMs }) => sum + durationMs, 0);
  assert.ok(totalMs < limitMs, `${Math.round(totalMs)} ms`);
});
