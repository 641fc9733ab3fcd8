import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactedLines } from './redacted-line.ts';

const shown = (line: string) => createRedactedLines([line])(0).text;

test('in a line the value of a secret key is masked, and nothing else where it can be told where that ends', () => {
  const cases: [string, string][] = [
    ['  password: hunter2', '  password: ***'],
    [
      'auth: { username: admin, password: hunter2, colour: red }',
      'auth: { username: admin, password: ***, colour: red }',
    ],
    ['auth: { username: admin, password: "hunter2" } # why', 'auth: { username: admin, password: *** } # why'],
    ['auth: { username: admin, password: hunter2 } # why', 'auth: { username: admin, password: ***'],
    ['  - [{ secret: hunter2 }, { secret: hunter3 }]', '  - [{ secret: *** }, { secret: *** }]'],
    ['  "api_key": "hunter2",', '  "api_key": ***,'],
    ['{ "api_key": "hun\\"ter2", "colour": "red" }', '{ "api_key": ***, "colour": "red" }'],
    ["secret = 'hunter2'", 'secret = ***'],
    ["auth = { password = 'hun''ter2', colour = 'red' }", "auth = { password = ***, colour = 'red' }"],
    ['secret=hunter2', 'secret=***'],
    ['pasword: hunter2', 'pasword: ***'],
    ['redis_tokn: hunter2', 'redis_tokn: ***'],
    ['store: redis://root:hunter2@db/0', 'store: redis://***@db/0'],
    ['target: http://localhost:8081/?token=hunter2', 'target: http://localhost:8081/?token=***'],
    ['    targets: [http://localhost:8081]', '    targets: [http://localhost:8081]'],
    ['      - rate_limit: { by: key, limit: 5/s }', '      - rate_limit: { by: key, limit: 5/s }'],
    ['      - api_key: { required: true }', '      - api_key: { required: true }'],
    ['keys: [{ name: app, secret: hunter2 }]', 'keys: [{ name: app, secret: *** }]'],
    ['keys: [hunter2, hunter3]', 'keys: ***'],
    ['credentials: [{ user: app, pin: hunter2 }]', 'credentials: ***'],
  ];
  for (const [line, expected] of cases) assert.equal(shown(line), expected);
});

test('where it cannot be told where a secret ends, the rest of the line is masked', () => {
  for (const value of [
    'hunter2, hunter3',
    '"hunter2" hunter3, a: 1',
    '"hunter2',
    "'hunter2\\', hunter3',",
    '"hunter2" # hunter3',
    'hun}ter2, hunter3',
    '"""hunter2, a = 1',
  ]) {
    assert.equal(shown(`password: ${value}`), 'password: ***', value);
    assert.doesNotMatch(shown(`auth: { password: ${value}`), /ter[23]/, value);
  }
});

test('a reference is no secret, but what it falls back on is', () => {
  for (const line of [
    'password: ${ADMIN_PASSWORD}',
    "password: '${ADMIN_PASSWORD}' # from the vault",
    '  - { name: web, secret: ${WEB_KEY}, extra: 1 }',
    'keys: [{ name: web, secret: "${WEB_KEY}" }]',
    'secret: ${A}${B:-}',
    'keys: [${A}, "${B}"]',
    'store: redis://:${REDIS_PASSWORD}@db/0',
    'store: redis://app:${REDIS_PASSWORD}@db/0',
  ]) {
    assert.equal(shown(line), line);
  }
  assert.equal(shown('password: ${ADMIN_PASSWORD:-hunter2}'), 'password: ***');
  assert.equal(shown('{ password: ${A:-hunter2, b: 1}, c: 1 }'), '{ password: ***, c: 1 }');
  assert.equal(shown('password: a${ADMIN_PASSWORD}'), 'password: ***');
  assert.equal(shown('file: ${LOG_TOKEN:-hunter2}.log'), 'file: ${LOG_TOKEN:-***}.log');
  assert.equal(shown('store: redis://:${REDIS_PASS:-hunter2}@db/0'), 'store: redis://***@db/0');
});

test('a line that goes on with a secret is masked as a whole', () => {
  const before = ['keys:', '  - hunter2', '  - ${A}', '  - { name: a, secret: hunter2 }', '  - name: a'];
  const lines = [...before, 'password: |', '  hunter2 and', '', '  { more', 'name: x', '  - shown'];
  const first = ['keys:', '  ***', '  - ${A}', '  - { name: a, secret: *** }', '  - name: a'];
  const expected = [...first, 'password: ***', '  ***', '', '  ***', 'name: x', '  - shown'];
  const redacted = createRedactedLines(lines);
  assert.deepEqual(
    lines.map((_, index) => redacted(index).text),
    expected,
  );
});

test('columns behind a mask move with what stands there', () => {
  const line = '{ password: hunter2-hunter2, colour: red }';
  const { text, shownColumn } = createRedactedLines([line])(0);
  assert.equal(text, '{ password: ***, colour: red }');
  for (const part of ['password', 'colour', 'red']) {
    assert.equal(shownColumn(line.indexOf(part) + 1), text.indexOf(part) + 1, part);
  }
  assert.equal(shownColumn(line.indexOf('-hunter2') + 1), text.indexOf('***') + 1);
});
