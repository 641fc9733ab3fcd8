import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPatternProblem } from './path-pattern.ts';

test('exact paths and prefixes in whole segments are patterns', () => {
  for (const pattern of ['/', '/*', '/a', '/a/', '/a/b', '/a/*', '/a-b_c.d~e', "/a;b=c/@:!$&'()+,", '/...', '/.a']) {
    assert.equal(findPatternProblem(pattern), undefined, pattern);
  }
});

test('a parameter is a whole segment', () => {
  for (const pattern of ['/{id}', '/users/{id}', '/{a}/b/{c_2}', '/{a}/*', '/{_}/']) {
    assert.equal(findPatternProblem(pattern), undefined, pattern);
  }
});

test('what could never match, or not as it looks, is refused', () => {
  const patterns = [
    '',
    'a',
    '*',
    '/a*',
    '/*/a',
    '/**',
    '/a/**',
    '/a/*/',
    '//',
    '/a//b',
    '/.',
    '/a/..',
    '/a/./b',
    '/../*',
  ];
  for (const pattern of [
    ...patterns,
    '/a?b',
    '/a#b',
    '/a%20',
    '/{i d}',
    '/a{id}',
    '/{id}b',
    '/{1}',
    '/{}',
    '/{',
    '/{a}/{a}',
    '/a b',
    '/a\tb',
    '/a\n',
    '/é',
    '/a\\b',
    '/a"',
  ]) {
    assert.notEqual(findPatternProblem(pattern), undefined, pattern);
  }
});

test('the pattern that was probably meant is suggested', () => {
  assert.equal(findPatternProblem('api/*')?.suggestion, '/api/*');
  assert.equal(findPatternProblem('/api*')?.suggestion, '/api/*');
  assert.equal(findPatternProblem('/a//b')?.suggestion, '/a/b');
});
