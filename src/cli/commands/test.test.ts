import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { UsageError } from '../command.ts';
import { recordInvocation, type InvocationParts } from '../invocation.fixture.ts';
import { testCommand } from './test.ts';

const config = `
listeners: [{ address: 127.0.0.1:8080 }]
upstreams: { users: { targets: ['http://10.0.0.1:\${PORT:-80}'] } }
routes: [{ name: users, match: { path: /users }, upstream: users }]
`;
const tests = `
tests:
  - { name: A user is found, steps: [{ request: GET /users, expect: { status: 200 } }] }
  - { name: nothing else is, steps: [{ request: GET /other, expect: { status: 404 } }] }
`;

function createFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  return cwd;
}

async function runTests(cwd: string, parts: InvocationParts = {}) {
  const { invocation, outputText, errorsText } = recordInvocation(parts);
  const code = await testCommand.run({ ...invocation, cwd });
  return { code, output: outputText().replace(/[\d.]+ ms/, 'n ms'), errors: errorsText() };
}

test('the tests of the folder are run on the configuration of the folder', async (t) => {
  const cwd = createFolder(t, { 'sluice.yaml': config, 'sluice.test.yaml': tests });
  const output = 'pass  A user is found\npass  nothing else is\n\n2 tests: 2 passed (n ms)\n';
  assert.deepEqual(await runTests(cwd), { code: 0, output, errors: '' });
});

test('a file of tests names its configuration from where it stands, and says what its variables are', async (t) => {
  const named = `config: ../gateway.yaml\nvariables: { PORT: 81 }\n${tests.replace('status: 200', 'target: http://10.0.0.1:81')}`;
  const cwd = createFolder(t, { 'gateway.yaml': config, 'tests/users.yaml': named });
  const { code, output } = await runTests(cwd, { positionals: ['tests/users.yaml'], env: { PORT: '82' } });
  assert.equal(code, 0, output);
});

test('what is not as expected is told with its place, exit code 1', async (t) => {
  const cwd = createFolder(t, { 'sluice.yaml': config, 'sluice.test.yaml': tests.replace('404', '200') });
  const { code, output } = await runTests(cwd);
  assert.equal(code, 1);
  assert.match(output, /^FAIL {2}nothing else is\n.*sluice\.test\.yaml:4:79: status: expected 200, got 404\n/m);
  assert.match(output, /^ {2}GET \/other → 404, route_not_found, no route$/m);
  const json = await runTests(cwd, { values: { json: true } });
  assert.equal(json.code, 1);
  assert.partialDeepStrictEqual(JSON.parse(json.output), {
    config: join(cwd, 'sluice.yaml'),
    passed: 1,
    failed: 1,
    skipped: 0,
    tests: [
      { name: 'A user is found', passed: true, failures: [] },
      {
        name: 'nothing else is',
        passed: false,
        failures: [{ line: 4, column: 79, path: 'status', expected: '200', actual: '404' }],
      },
    ],
  });
});

test('a filter leaves tests out, but not all of them', async (t) => {
  const cwd = createFolder(t, { 'sluice.yaml': config, 'sluice.test.yaml': tests });
  const { output } = await runTests(cwd, { values: { filter: 'a USER' } });
  assert.equal(output, 'pass  A user is found\n\n1 test: 1 passed, 1 left out (n ms)\n');
  await assert.rejects(runTests(cwd, { values: { filter: 'nobody' } }), UsageError);
});

test('issues of either file are told as those, exit code 1', async (t) => {
  const wrongTests = createFolder(t, { 'sluice.yaml': config, 'sluice.test.yaml': tests.replace('GET /users', 'get') });
  const first = await runTests(wrongTests);
  assert.equal(first.code, 1);
  assert.match(first.errors, /sluice\.test\.yaml:3:\d+: tests\[0\]\.steps\[0\]\.request: expected a method and a path/);
  const wrongConfig = createFolder(t, { 'sluice.yaml': 'listeners: []', 'sluice.test.yaml': tests });
  const second = await runTests(wrongConfig, { values: { json: true } });
  assert.equal(second.code, 1);
  assert.partialDeepStrictEqual(JSON.parse(second.output), { issues: [{ path: 'listeners', line: 1 }] });
  const wrongName = createFolder(t, {
    'sluice.yaml': config,
    'sluice.test.yaml': tests.replace('status: 404', 'route: user'),
  });
  assert.match((await runTests(wrongName)).errors, /the configuration has no route "user"\n[^]*did you mean "users"\?/);
});

test('a folder without tests, and tests without a configuration, say what is looked for', async (t) => {
  const empty = createFolder(t, {});
  assert.deepEqual(await runTests(empty), {
    code: 1,
    output: '',
    errors: `There are no tests: no sluice.test.yaml, sluice.test.yml, sluice.test.toml, sluice.test.json in ${empty}.\n`,
  });
  const alone = createFolder(t, { 'sluice.test.yaml': tests });
  const { code, errors } = await runTests(alone);
  assert.equal(code, 1);
  assert.match(errors, /config: the folder of the tests has no configuration/);
  await assert.rejects(runTests(empty, { positionals: ['a', 'b'] }), UsageError);
});
