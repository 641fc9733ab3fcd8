import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fieldRole } from './field-names.ts';
import { fieldValue, MessageHead } from './message-head.ts';

function headOf(...lines: string[]): MessageHead {
  const head = new MessageHead();
  head.text = lines.map((line) => `${line}\r\n`).join('');
  let start = 0;
  for (const line of lines) {
    head.addField(fieldRole.plain, start, start + line.indexOf(':'), start + line.length);
    start += line.length + 2;
  }
  return head;
}

describe('the fields of a head', () => {
  test('are cut out of its text when they are asked for', () => {
    const head = headOf('x-A:b', 'X-B: \t c  d \t', 'X-C:', 'X-D: \t ');
    assert.equal(head.fieldCount, 4);
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => [head.nameAt(index), head.valueAt(index)]),
      [
        ['x-A', 'b'],
        ['X-B', 'c  d'],
        ['X-C', ''],
        ['X-D', ''],
      ],
    );
  });

  test('are found by name in any case, the first of several', () => {
    const head = headOf('X-Ab: 1', 'X-A: 2', 'x-a: 3');
    assert.equal(head.get('x-a'), '2');
    assert.equal(head.get('x-ab'), '1');
    assert.equal(head.get('x'), undefined);
    assert.equal(head.get('x-abc'), undefined);
    assert.equal(head.get(''), undefined);
  });

  test('are told apart by characters that differ in one bit', () => {
    const head = headOf('x`a: 1', 'x@b: 2');
    assert.equal(head.get('x@a'), undefined);
    assert.equal(head.get('x`b'), undefined);
    assert.equal(head.get('x`a'), '1');
  });

  test('are forgotten by a reset, with everything that was known from them', () => {
    const head = headOf('A: 1', 'B: 2');
    head.minorVersion = 0;
    head.contentLength = 5;
    head.chunked = true;
    head.connectionClose = true;
    head.connectionKeepAlive = true;
    head.connectionUpgrade = true;
    head.connectionNames = ['a'];
    head.resetFields();
    assert.equal(head.get('a'), undefined);
    const { fieldCount, minorVersion, contentLength, chunked, persistent, connectionUpgrade, connectionNames } = head;
    assert.deepEqual(
      { fieldCount, minorVersion, contentLength, chunked, persistent, connectionUpgrade, connectionNames },
      {
        fieldCount: 0,
        minorVersion: 1,
        contentLength: -1,
        chunked: false,
        persistent: true,
        connectionUpgrade: false,
        connectionNames: null,
      },
    );
    head.text = 'C: 3\r\n';
    head.addField(fieldRole.plain, 0, 1, 4);
    assert.equal(head.get('c'), '3');
  });
});

test('a value is without blanks around it, and other white space belongs to it', () => {
  const cases: readonly [text: string, value: string][] = [
    [':a', 'a'],
    [': a b ', 'a b'],
    [':\t\ta\t', 'a'],
    [':', ''],
    [':   ', ''],
    [':\xa0a\xa0', '\xa0a\xa0'],
    [':\x85a\v', '\x85a\v'],
  ];
  for (const [text, value] of cases) assert.equal(fieldValue(text, 0, text.length), value);
  assert.equal(fieldValue('A: b\r\nC: d', 1, 4), 'b');
});

test('a connection goes on by the version and by what Connection says', () => {
  const cases: readonly [minorVersion: number, close: boolean, keepAlive: boolean, persistent: boolean][] = [
    [1, false, false, true],
    [1, false, true, true],
    [1, true, false, false],
    [1, true, true, false],
    [0, false, false, false],
    [0, false, true, true],
    [0, true, false, false],
    [0, true, true, false],
  ];
  for (const [minorVersion, connectionClose, connectionKeepAlive, persistent] of cases) {
    const head = Object.assign(new MessageHead(), { minorVersion, connectionClose, connectionKeepAlive });
    assert.equal(head.persistent, persistent, `${minorVersion} ${connectionClose} ${connectionKeepAlive}`);
  }
});
