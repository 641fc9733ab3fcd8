import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIgnoredLints } from './ignored-lints.ts';

function ignoredIn(...lines: string[]): Record<number, readonly string[]> {
  return Object.fromEntries(findIgnoredLints(lines.join('\n')));
}

test('a comment behind a value holds for its line', () => {
  assert.deepEqual(ignoredIn('a: 1', 'b: 2 # sluice-ignore SL001', 'c: 3'), { 2: ['SL001'] });
  assert.deepEqual(ignoredIn('a: 1 #sluice-ignore SL001, SL002 because it is so'), { 1: ['SL001', 'SL002'] });
});

test('a comment on a line of its own holds for the next line that has something else', () => {
  assert.deepEqual(ignoredIn('# sluice-ignore SL001', 'a: 1', 'b: 2'), { 2: ['SL001'] });
  assert.deepEqual(ignoredIn('  # sluice-ignore SL001', '', '  # why', '  # sluice-ignore SL002', '  a: 1'), {
    5: ['SL001', 'SL002'],
  });
  assert.deepEqual(ignoredIn('# sluice-ignore SL001', 'a: 1 # sluice-ignore SL002'), { 2: ['SL001', 'SL002'] });
});

test('other comments hold for nothing', () => {
  assert.deepEqual(
    ignoredIn('a: 1 # sluice-ignore', 'b: 2 # sluice-ignore all', '# SL001', 'c: 3', 'd: sluice-ignore SL001'),
    {},
  );
});
