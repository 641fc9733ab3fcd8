import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathKey } from './document-path.ts';
import { interpolate, unsafeKeyMessage } from './interpolate.ts';

test('references are filled in from the variables or their defaults', () => {
  const { value, complaints } = interpolate(
    { a: 'http://${HOST}:${PORT:-80}', b: ['${EMPTY}', '${EMPTY:-x}', '${NONE:-}', '${NONE:-a:-b}'], c: 5, d: null },
    { HOST: 'db', EMPTY: '' },
  );
  assert.deepEqual(value, { a: 'http://db:80', b: ['', 'x', '', 'a:-b'], c: 5, d: null });
  assert.deepEqual(complaints, []);
});

test('a doubled dollar sign stands for itself', () => {
  const { value, complaints, retypable } = interpolate(['$${HOST}', 'a$${HOST}b', '$HOST', '$$', '$'], {});
  assert.deepEqual(value, ['${HOST}', 'a${HOST}b', '$HOST', '$$', '$']);
  assert.deepEqual(complaints, []);
  assert.equal(retypable.size, 0);
});

test('what a variable holds is not filled in again and adds no structure', () => {
  const { value } = interpolate({ a: '${A}' }, { A: '${B} { c: 1 } $&' });
  assert.deepEqual(value, { a: '${B} { c: 1 } $&' });
});

test('what is nested too deeply is told once for a place, whatever ways lead down from it', () => {
  const loop: Record<string, unknown> = {};
  loop['first'] = { next: loop, again: [loop] };
  assert.deepEqual(
    interpolate({ a: { b: ['', loop] } }, {}).complaints.map(({ path, message }) => [path.join('.'), message]),
    [['a.b.1', 'nested more than 64 deep']],
  );
});

test('a key that objects do not take for one is refused wherever it stands, and goes on being one', () => {
  const written = JSON.parse('{"a": [{"__proto__": {"b": "${B}"}}]}') as unknown;
  const { value, complaints } = interpolate(written, { B: 'c' });
  assert.equal(JSON.stringify(value), '{"a":[{"__proto__":{"b":"c"}}]}');
  assert.deepEqual(complaints, [{ path: ['a', 0, '__proto__'], message: unsafeKeyMessage, part: 'key' }]);
});

test('a variable that is not set is named', () => {
  const { complaints } = interpolate({ a: ['${HOST}:${PORT}'] }, { host: 'x' });
  assert.deepEqual(
    complaints.map((complaint) => complaint.path),
    [
      ['a', 0],
      ['a', 0],
    ],
  );
  assert.match(complaints[0]?.message ?? '', /variable HOST is not set/);
  assert.match(complaints[1]?.message ?? '', /variable PORT is not set/);
  assert.equal(interpolate('${toString}', {}).complaints.length, 1);
});

test('a reference that is not well-formed is an issue', () => {
  for (const text of ['${', '${}', '${A', '${1A}', '${A-x}', '${A:x}', '${ A }']) {
    assert.equal(interpolate(text, { A: '1' }).complaints.length, 1, text);
  }
});

test('scalars that are one whole reference, and those filled in from secrets, are remembered', () => {
  const { retypable, secrets } = interpolate(
    { a: '${A}', b: 'x${A}', c: '${A}${A}', d: 'x${DB_PASSWORD}' },
    { A: '1', DB_PASSWORD: 'x' },
  );
  assert.deepEqual([...retypable], [pathKey(['a'])]);
  assert.deepEqual([...secrets], [pathKey(['d'])]);
});

test('what a scalar was, and which of its variables were not set, is remembered', () => {
  const { references, texts } = interpolate({ a: '${A}:${B:-b}', b: 'x', c: '$${A}' }, { A: '1' });
  const found = [
    { name: 'A', isDefault: false },
    { name: 'B', isDefault: true },
  ];
  assert.deepEqual([...references], [[pathKey(['a']), found]]);
  assert.deepEqual([...texts], [[pathKey(['a']), '${A}:${B:-b}']]);
});

test('for a secret that is not set no default is suggested', () => {
  assert.equal(
    interpolate('${DB_PASSWORD}', {}).complaints[0]?.message,
    'the environment variable DB_PASSWORD is not set: set it',
  );
});

test('a tree that contains itself ends', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  assert.match(interpolate(loop, {}).complaints[0]?.message ?? '', /deep/);
});
