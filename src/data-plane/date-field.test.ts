import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DateField } from './date-field.ts';

test('the Date field is of the form of RFC 9110, section 5.6.7', () => {
  const field = new DateField({ now: () => 0, wallTime: () => Date.UTC(1994, 10, 6, 8, 49, 37, 999) });
  assert.equal(field.get(), 'Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n');
});

test('the Date field follows the wall clock from second to second, back as well', () => {
  let wallTime = Date.UTC(2026, 0, 1, 0, 0, 0, 0);
  const field = new DateField({ now: () => 0, wallTime: () => wallTime });
  const second = () => field.get().slice(-9, -6);
  const first = field.get();
  assert.equal(second(), ':00');
  wallTime += 999;
  assert.equal(field.get(), first);
  wallTime += 1;
  assert.equal(second(), ':01');
  wallTime += 58_000;
  assert.equal(second(), ':59');
  wallTime -= 59_000;
  assert.equal(field.get(), first);
});
