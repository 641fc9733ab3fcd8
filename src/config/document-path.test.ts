import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPath, valueAt, withValueAt } from './document-path.ts';

test('paths are written as people write them', () => {
  assert.equal(formatPath([]), '');
  assert.equal(formatPath(['upstreams', 'users', 'targets', 0, 'url']), 'upstreams.users.targets[0].url');
  assert.equal(formatPath(['upstreams', 'a b', 'x']), 'upstreams["a b"].x');
});

test('a value is found by its path and only among own properties', () => {
  const root = { a: [{ b: 1 }] };
  assert.equal(valueAt(root, ['a', 0, 'b']), 1);
  assert.equal(valueAt(root, ['a', 1, 'b']), undefined);
  assert.equal(valueAt(root, ['constructor']), undefined);
  assert.equal(valueAt(root, ['a', 'length', 'x']), undefined);
});

test('a value is replaced in a copy', () => {
  const root = { a: [{ b: 1 }, { c: 2 }], d: 3 };
  assert.deepEqual(withValueAt(root, ['a', 0, 'b'], true), { a: [{ b: true }, { c: 2 }], d: 3 });
  assert.equal(root.a[0]?.b, 1);
});
