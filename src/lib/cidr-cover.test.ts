import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coversEverything } from './cidr-cover.ts';

test('ranges that together are every address of a family cover it', () => {
  for (const list of [['0.0.0.0/0'], ['128.0.0.0/1', '0.0.0.0/1'], ['0.0.0.0/1', '128.0.0.0/2', '200.1.2.3/2']]) {
    assert.equal(coversEverything(list, 'ipv4'), true, list.join(' '));
    assert.equal(coversEverything(list, 'ipv6'), false);
  }
  assert.equal(coversEverything(['8000::/1', '::/1', '10.0.0.0/8'], 'ipv6'), true);
});

test('ranges that leave an address out do not', () => {
  assert.equal(coversEverything([], 'ipv4'), false);
  assert.equal(coversEverything(['0.0.0.0/1', '128.0.0.0/2', '192.0.0.0/3'], 'ipv4'), false);
  assert.equal(coversEverything(['0.0.0.0/1', '129.0.0.0/1', '0.0.0.0/8'], 'ipv4'), true);
  const allButFirst = Array.from({ length: 32 }, (_, bit) => {
    const first = 2 ** bit;
    return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${32 - bit}`;
  });
  assert.equal(coversEverything(allButFirst, 'ipv4'), false);
  assert.equal(coversEverything([...allButFirst, '0.0.0.0'], 'ipv4'), true);
  assert.equal(coversEverything(['::/1', '8000::/2', '::ffff:10.0.0.0/104', 'fd00::1'], 'ipv6'), false);
});
