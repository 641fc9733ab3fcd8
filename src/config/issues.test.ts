import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIssues, sortIssues, type Issue } from './issues.ts';

function at(line: number, column: number, lineText = ''): Issue {
  return { path: `${line}:${column}`, message: 'wrong', location: { file: 'a.yaml', line, column, lineText } };
}

test('an issue names file, line, column and path, and shows the line with a caret and the suggestion', () => {
  const issue = { ...at(3, 5, '\tab: cd'), path: 'ab', suggestion: 'ac' };
  assert.equal(
    formatIssues([issue]),
    ['a.yaml:3:5: ab: wrong', '   ab: cd', '      ^', '  did you mean "ac"?'].join('\n'),
  );
});

test('an issue without a position names its label', () => {
  assert.equal(formatIssues([{ path: '', message: 'wrong', location: { label: '-port' } }]), '-port: wrong');
  assert.equal(formatIssues([{ path: 'a', message: 'wrong' }]), 'a: wrong');
});

test('issues are sorted by position, those without one last', () => {
  const label: Issue = { path: 'label', message: 'wrong', location: { label: '-port' } };
  const sorted = sortIssues([label, at(10, 1), at(2, 7), at(2, 3)]);
  assert.deepEqual(
    sorted.map((issue) => issue.path),
    ['2:3', '2:7', '10:1', 'label'],
  );
});

test('a long line is cut around the caret', () => {
  const [, line = '', caret = ''] = formatIssues([at(1, 5001, `${'x'.repeat(5000)}!${'y'.repeat(5000)}`)]).split('\n');
  assert.ok(line.length < 110);
  assert.equal(line[caret.indexOf('^')], '!');
});

test('of very many issues the first are told, and how many others there are', () => {
  const lines = formatIssues(Array.from({ length: 130 }, (_, index) => at(index + 1, 1))).split('\n');
  assert.deepEqual([lines.length, lines[99], lines[100]], [101, 'a.yaml:100:1: 100:1: wrong', 'and 30 more']);
  assert.equal(formatIssues(Array.from({ length: 100 }, (_, index) => at(index + 1, 1))).split('\n').length, 100);
});

test('control and direction characters do not reach the terminal', () => {
  const text = formatIssues([{ ...at(1, 1, 'a\u001b[31mb\u202ec'), message: 'got "\u009b\n"' }]);
  // oxlint-disable-next-line no-control-regex -- the characters that are looked for
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});
