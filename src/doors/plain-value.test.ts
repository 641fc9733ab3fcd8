import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyPlainValue } from './plain-value.ts';

test('plain data is copied, without what is undefined', () => {
  const written = { a: [1, 'b', true, null], c: { d: undefined, e: {} } };
  const { value, problems } = copyPlainValue(written);
  assert.deepEqual(value, { a: [1, 'b', true, null], c: { e: {} } });
  assert.deepEqual(problems, []);
});

test('a value that stands in two places is plain data, and one that holds itself is not', () => {
  const shared = { x: 1 };
  assert.deepEqual(copyPlainValue({ a: shared, b: [shared] }).problems, []);
  const circle: Record<string, unknown> = { name: 'u' };
  for (const key of ['x', 'y', 'z']) circle[key] = circle;
  const { value, problems } = copyPlainValue({ circle });
  assert.deepEqual(value, { circle: { name: 'u', x: null, y: null, z: null } });
  assert.deepEqual(
    problems.map(({ path, message }) => `${path.join('.')}: ${message}`),
    ['x', 'y', 'z'].map((key) => `circle.${key}: this value holds itself`),
  );
});

test('what is no plain data is told with what to write', () => {
  const { problems } = copyPlainValue({ a: new URL('http://a'), b: Promise.resolve(), c: () => 1, d: Number.NaN });
  assert.deepEqual(
    problems.map(({ path }) => path.join('.')),
    ['a', 'b', 'c', 'd'],
  );
});
