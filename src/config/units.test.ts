import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteSize, cidr, duration, name, section, wholeNumber } from './units.ts';

test('durations become milliseconds within their limits', () => {
  assert.equal(duration().parse('10s'), 10_000);
  assert.equal(duration(0).parse('0s'), 0);
  for (const value of ['0s', '597h', '10', 10, null, '']) assert.equal(duration().safeParse(value).success, false);
});

test('sizes become bytes within their limits', () => {
  assert.equal(byteSize(0).parse('64KiB'), 65_536);
  assert.equal(byteSize(0).parse(8192), 8192);
  assert.equal(byteSize(0).parse('8192'), 8192);
  for (const value of [-1, 1.5, 99, 2000, '1 KiB', null, Number.NaN]) {
    assert.equal(byteSize(100, 1999).safeParse(value).success, false);
  }
});

test('whole numbers, names and ranges are held to their form', () => {
  assert.equal(wholeNumber(1, 5).parse(5), 5);
  for (const value of [0, 6, 1.5, '3', true]) assert.equal(wholeNumber(1, 5).safeParse(value).success, false);
  assert.equal(name('route').parse('users-v1.2_x'), 'users-v1.2_x');
  for (const value of ['', '-a', 'a b', 'a/b', 'gateway:x', 'a\n', 'x'.repeat(65)]) {
    assert.equal(name('route').safeParse(value).success, false);
  }
  assert.equal(cidr().parse('10.0.0.0/8'), '10.0.0.0/8');
  assert.equal(
    cidr().safeParse('10.0.0.0/33').error?.issues[0]?.message,
    'expected a prefix from /0 to /32 after an IPv4 address',
  );
});

test('a section takes its own keys only', () => {
  const example = section({ a: wholeNumber(1, 5) });
  assert.deepEqual(example.parse({ a: 1 }), { a: 1 });
  assert.equal(example.safeParse({ a: 1, b: 2 }).success, false);
  assert.equal(example.safeParse([]).success, false);
});
