import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { idIn, idLineIn, isTraceparent, RequestIds, traceparentIn } from './request-ids.ts';
import { isRequestId } from '../core/request-id.ts';

/** The lines of `count` requests, taken apart. */
function made(count: number, ids = new RequestIds()): { id: string; traceparent: string }[] {
  return Array.from({ length: count }, () => {
    const lines = ids.createLines();
    const parts = /^X-Request-Id: (.+)\r\ntraceparent: (.+)\r\n\r\n$/.exec(lines);
    assert.ok(parts, lines);
    const [, id = '', traceparent = ''] = parts;
    assert.deepEqual([idIn(lines), traceparentIn(lines)], [id, traceparent]);
    assert.equal(idLineIn(lines), `X-Request-Id: ${id}\r\n`);
    return { id, traceparent };
  });
}

describe('made identifiers', () => {
  test('are all different, also where the random digits run out', () => {
    const all = made(3000);
    for (const { id } of all) assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    assert.equal(new Set(all.map(({ traceparent }) => traceparent.slice(36, 52))).size, all.length);
  });

  test('are those of a well-formed trace too', () => {
    for (const { id, traceparent } of made(1000)) {
      assert.ok(isTraceparent(traceparent), traceparent);
      assert.equal(traceparent.slice(3, 35), id);
      assert.ok(traceparent.endsWith('-01'));
    }
  });

  test('have every digit at every place', () => {
    const all = made(1000).map(({ traceparent }) => traceparent.slice(3, 35) + traceparent.slice(36, 52));
    for (let at = 0; at < 48; at++) assert.equal(new Set(all.map((digits) => digits[at])).size, 16);
  });

  test('are not the same from two sources', () => {
    assert.notDeepEqual(made(1), made(1));
  });
});

describe('a request id of a client', () => {
  test('is taken over where it is of 1 to 128 visible characters', () => {
    for (const id of ['1', 'a-b_c.d:e', '!~', '"\\', 'x'.repeat(128)]) assert.equal(isRequestId(id), true, id);
  });

  test('is not taken over where it is anything else', () => {
    for (const id of ['', ' ', 'a b', 'a\t', '\x7f', '\x1f', '\xe9', '\u0141', 'x'.repeat(129)]) {
      assert.equal(isRequestId(id), false, JSON.stringify(id));
    }
  });
});

describe('a traceparent', () => {
  const [trace, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  const good = `00-${trace}-${parent}-01`;

  test('is well-formed as the standard has it', () => {
    for (const text of [good, `00-${trace}-${parent}-00`, `00-${trace}-${parent}-ff`])
      assert.equal(isTraceparent(text), true);
  });

  const refused: Readonly<Record<string, string>> = {
    'an empty text': '',
    'another version': `01${good.slice(2)}`,
    'the version that is forbidden': `ff${good.slice(2)}`,
    'no trace': `00-${'0'.repeat(32)}-${parent}-01`,
    'no parent': `00-${trace}-${'0'.repeat(16)}-01`,
    'upper case': good.toUpperCase(),
    'a letter that is no digit': good.replace('f', 'g'),
    'a short trace': `00-${trace.slice(1)}-${parent}-01`,
    'a blank in place of a hyphen': good.replace('-01', ' 01'),
    'a hyphen in a wrong place': `00-${trace}${parent.slice(0, 1)}-${parent.slice(1)}-01`,
    'a hyphen among the digits': `00-${trace.slice(0, 5)}-${trace.slice(6)}-${parent}-01`,
    'a further part': `${good}-x`,
    'a blank at the end': `${good} `,
  };
  for (const [why, text] of Object.entries(refused)) {
    test(`is not ${why}`, () => assert.equal(isTraceparent(text), false));
  }
});
