import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findFieldProblem, findLinesProblem } from './field-lines.ts';
import { fieldRole } from './field-names.ts';

describe('lines that a policy adds', () => {
  test('are whole lines with plain fields', () => {
    for (const lines of ['', 'X-A: 1\r\n', 'X-A:\r\nX-B: a\tb \u00ff\r\n'])
      assert.equal(findLinesProblem(lines), undefined);
  });

  const wrong: readonly [lines: unknown, problem: RegExp][] = [
    [undefined, /are a text, not undefined/],
    [null, /not null/],
    ['X-A: 1', /the line "X-A: 1" does not end with "\\r\\n"/],
    ['X-A: 1\r\n\r\n', /the line "" is no field/],
    ['X-A: 1\n\r\n', /has the character U\+000A/],
    ['X-A: 1\r\r\n', /U\+000D/],
    ['X-A: \0\r\n', /U\+0000/],
    ['X-A: \u010a\r\n', /U\+010A/],
    ['X A: 1\r\n', /"X A" is no name/],
    [' X-A: 1\r\n', /" X-A" is no name/],
    [': 1\r\n', /"" is no name/],
    ['Content-Length: 1\r\n', /Content-Length cannot be changed here/],
    ['X-A: 1\r\ntransfer-encoding: chunked\r\n', /transfer-encoding cannot be changed/],
    ['content_length: 1\r\n', /content_length cannot be changed/],
    ['X-RateLimit-Limit: 1\r\n', /X-RateLimit-Limit cannot be changed/],
  ];
  for (const [lines, problem] of wrong) {
    test(`are not ${JSON.stringify(lines)}`, () => assert.match(findLinesProblem(lines) ?? '', problem));
  }

  test('may be of the role that they are added for, and of no other', () => {
    assert.equal(findLinesProblem('RateLimit: a;r=1\r\nX-A: 1\r\n', fieldRole.rateLimit), undefined);
    assert.match(findLinesProblem('Connection: close\r\n', fieldRole.rateLimit) ?? '', /Connection/);
  });

  test('have texts for names and values', () => {
    assert.match(findFieldProblem('X-A', 5) ?? '', /not a pair of texts/);
    assert.match(findFieldProblem(undefined, 'a') ?? '', /not a pair of texts/);
  });
});
