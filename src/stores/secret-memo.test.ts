import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretMemo } from './secret-memo.ts';

test('what was remembered is found by the very same secret and by no other', () => {
  const memo = new SecretMemo<number>();
  memo.remember('key-admin', 1);
  assert.equal(memo.find('key-admin'), 1);
  for (const other of ['', 'key-admi', 'key-admin ', 'key-admiN', 'Key-admin', 'key-admjn']) {
    assert.equal(memo.find(other), undefined, other);
  }
});

test('it holds a bounded number of secrets', () => {
  const memo = new SecretMemo<number>();
  for (let number = 0; number < 100_000; number++) memo.remember(`secret ${number}`, number);
  let found = 0;
  for (let number = 0; number < 100_000; number++) if (memo.find(`secret ${number}`) !== undefined) found++;
  assert.ok(found > 0 && found <= 4_096, String(found));
  assert.equal(memo.find('secret 99999'), 99_999);
});
