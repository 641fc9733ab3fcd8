import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allLints } from '../../src/config/lints/all-lints.ts';
import { lintNumbers } from '../../src/config/lints/lint-numbers.ts';
import { findFiles, readText } from './sources.ts';

const numbers = allLints.map(({ number }) => number);

test('every number of a lint is used once', () => {
  assert.deepEqual(numbers, [...lintNumbers]);
});

test('every lint has a section in docs/lints.md, and no other has', () => {
  const titles = readText('docs/lints.md').match(/^## SL\d+.*$/gm);
  assert.deepEqual(
    titles,
    allLints.map(({ number, title }) => `## ${number}: ${title}`),
  );
});

test('every lint has a golden file in which it finds something', () => {
  const found = findFiles('test/config/golden/lint-*.txt')
    .map((file) => readText(file).split('=== findings\n')[1] ?? '')
    .join('');
  const missing = numbers.filter((number) => !found.includes(`[${number}]`));
  assert.deepEqual(missing, []);
});
