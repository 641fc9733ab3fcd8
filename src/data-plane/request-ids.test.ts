import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTraceparent, RequestIds } from './request-ids.ts';
import { isRequestId } from '../core/request-id.ts';

describe('made identifiers', () => {
  test('are all different, also where the random digits run out', () => {
    const ids = new RequestIds();
    const made = Array.from({ length: 3000 }, () => ids.create());
    for (const id of made) assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(new Set(made).size, made.length);
  });

  test('are well-formed traces too, in any mixture', () => {
    const ids = new RequestIds();
    const made = new Set<string>();
    for (let round = 0; round < 1000; round++) {
      if (round % 3 === 0) made.add(ids.create());
      const traceparent = ids.createTraceparent();
      assert.ok(isTraceparent(traceparent), traceparent);
      assert.ok(traceparent.endsWith('-01'));
      made.add(traceparent.slice(3, 35));
    }
    assert.equal(made.size, 1000 + 334);
  });

  test('are those of the trace too where a request brought neither', () => {
    const ids = new RequestIds();
    const id = ids.create();
    assert.equal(ids.createTraceparent(id).slice(3, 35), id);
    const other = ids.create();
    for (const stranger of [id, '', 'not-hexadecimal', 'f'.repeat(32)]) {
      const traceparent = ids.createTraceparent(stranger);
      assert.ok(isTraceparent(traceparent), traceparent);
      assert.ok(![id, other, stranger].includes(traceparent.slice(3, 35)));
    }
  });

  test('are not the same from two sources', () => {
    assert.notEqual(new RequestIds().create(), new RequestIds().create());
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
