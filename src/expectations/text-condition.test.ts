import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeCondition, meets, textCondition } from './text-condition.ts';

const read = (written: unknown, plain: 'equals' | 'contains' = 'equals') => textCondition(plain).parse(written);

test('a text alone is the whole, or a part, as the place has it', () => {
  assert.equal(meets(read('ab'), 'ab'), true);
  assert.equal(meets(read('ab'), 'abc'), false);
  assert.equal(meets(read('ab', 'contains'), 'cabc'), true);
  assert.equal(meets(read(1), '1'), true);
  assert.equal(meets(read(true), 'true'), true);
});

test('null is met by nothing alone, and nothing by null alone', () => {
  assert.equal(meets(read(null), null), true);
  assert.equal(meets(read(null), ''), false);
  assert.equal(meets(read(''), null), false);
  assert.equal(meets(read('', 'contains'), null), false);
});

test('a mapping says how a text is compared', () => {
  assert.equal(meets(read({ equals: 'a' }, 'contains'), 'ab'), false);
  assert.equal(meets(read({ contains: 'b' }), 'abc'), true);
  assert.equal(meets(read({ matches: '^\\d+$' }), '42'), true);
  assert.equal(meets(read({ matches: '^\\d+$' }), '42 s'), false);
  for (const wrong of [{}, { equals: 'a', contains: 'b' }, { matches: '(' }, { is: 'a' }, ['a']]) {
    assert.equal(textCondition('equals').safeParse(wrong).success, false, JSON.stringify(wrong));
  }
});

test('a condition can be told', () => {
  const told = [read(null), read('a'), read('a', 'contains'), read({ matches: '^a' })].map(describeCondition);
  assert.deepEqual(told, ['none', '"a"', 'something with "a"', 'something that matches ^a']);
});
