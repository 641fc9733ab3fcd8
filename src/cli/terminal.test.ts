import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alignColumns, createStyle, padCell, printable } from './terminal.ts';

describe('style', () => {
  it('colours on a terminal', () => {
    assert.equal(createStyle({ isTTY: true }, {}).red('no'), '\u001b[31mno\u001b[39m');
  });

  it('is plain off a terminal, with NO_COLOR and on a dumb terminal', () => {
    assert.equal(createStyle({}, {}).red('no'), 'no');
    assert.equal(createStyle({ isTTY: true }, { NO_COLOR: '1' }).red('no'), 'no');
    assert.equal(createStyle({ isTTY: true }, { TERM: 'dumb' }).red('no'), 'no');
  });

  it('ignores an empty NO_COLOR, as no-color.org says', () => {
    assert.notEqual(createStyle({ isTTY: true }, { NO_COLOR: '' }).red('no'), 'no');
  });
});

describe('columns', () => {
  it('are as wide as their widest cell, and lines have no trailing spaces', () => {
    const rows = [
      ['a', '1', ''],
      ['long', '100', 'x'],
    ];
    assert.deepEqual(alignColumns(rows, ['left', 'right']), ['a       1', 'long  100  x']);
  });

  it('do not count colour as width', () => {
    const { red } = createStyle({ isTTY: true }, {});
    assert.equal(padCell(red('ab'), 4), `${red('ab')}  `);
    assert.equal(padCell('ab', 4, 'right'), '  ab');
    assert.equal(padCell('abcdef', 4), 'abcdef');
  });
});

describe('foreign text', () => {
  it('loses its control characters and what exceeds the maximum', () => {
    assert.equal(printable('a\u001b[31mb\nc\u202e'), 'a?[31mb?c?');
    assert.equal(printable('abcdef', 4), 'abc…');
  });
});
