import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeValue, isSecretName, isSecretPath, redactedLine } from './secrets.ts';

test('names that end in a secret word are secret', () => {
  for (const name of ['password', 'ADMIN_PASSWORD', 'api_key', 'keys', 'client-secret', 'accessToken', 'credentials']) {
    assert.equal(isSecretName(name), true, name);
  }
  for (const name of ['path', 'name', 'key_prefix_length', 'tokens_per_minute', 'keep_alive_timeout']) {
    assert.equal(isSecretName(name), false, name);
  }
  assert.equal(isSecretPath(['admin', 'auth', 'password']), true);
  assert.equal(isSecretPath(['keys', 0]), true);
  assert.equal(isSecretPath(['routes', 0, 'name']), false);
});

test('a line is masked from the value of a secret key to its end', () => {
  const cases: [string, string][] = [
    ['  password: hunter2', '  password: ***'],
    ['auth: { username: admin, password: hunter2, colour: red }', 'auth: { username: admin, password: ***'],
    ['  "api_key": "hunter2",', '  "api_key": ***'],
    ["secret = 'hunter2'", 'secret = ***'],
    ['secret=hunter2', 'secret=***'],
    ['pasword: hunter2', 'pasword: ***'],
    ['redis_tokn: hunter2', 'redis_tokn: ***'],
    ['store: redis://root:hunter2@db/0', 'store: redis://***'],
    ['target: http://localhost:8081/?token=hunter2', 'target: http://localhost:8081/?token=***'],
    ['    targets: [http://localhost:8081]', '    targets: [http://localhost:8081]'],
    ['      - rate_limit: { by: key, limit: 5/s }', '      - rate_limit: { by: key, limit: 5/s }'],
    ['      - api_key: { required: true }', '      - api_key: { required: true }'],
  ];
  for (const [line, shown] of cases) assert.equal(redactedLine([line], 0), shown);
});

test('a line that goes on with a secret is masked as a whole', () => {
  const lines = ['keys:', '  - hunter2', 'password: |', '  hunter2 and', '', '  more', 'name: x', '  - shown'];
  assert.deepEqual(
    lines.map((_, index) => redactedLine(lines, index)),
    ['keys:', '  ***', 'password: ***', '  ***', '', '  ***', 'name: x', '  - shown'],
  );
});

test('values are described briefly and without credentials', () => {
  assert.equal(describeValue('abc', false), '"abc"');
  assert.equal(describeValue('abc', true), '***');
  assert.equal(describeValue(5, true), '***');
  assert.equal(describeValue('redis://root:hunter2@db', false), '"redis://***@db"');
  assert.equal(describeValue(null, false), 'null');
  assert.equal(describeValue([1], false), 'a list');
  assert.equal(describeValue({ password: 'x' }, false), 'a mapping');
  assert.ok(describeValue('x'.repeat(10_000), false).length < 80);
});
