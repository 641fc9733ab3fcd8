import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { queryValues } from './query-values.ts';

describe('the values of a parameter', () => {
  const cases: readonly [query: string, values: readonly string[]][] = [
    ['', []],
    ['?', []],
    ['?a=1', ['1']],
    ['?b=1&a=2', ['2']],
    ['?a=1&b=2&a=3', ['1', '3']],
    ['?a', ['']],
    ['?a=', ['']],
    ['?a&&a=1&', ['', '1']],
    ['?aa=1&ab=2&xa=3', []],
    ['?A=1', []],
    ['?a=b=c', ['b=c']],
    ['?a=1;a=2', ['1;a=2']],
    ['?%61=1', ['1']],
    ['?a=%31+2%2B3', ['1 2+3']],
    ['?a=%C3%a4', ['\xc3\xa4']],
    ['?a=%&a=%4&a=%zz', ['%', '%4', '%zz']],
    ['?a%3D1=2', []],
    ['?a?=1', []],
    ['?=1', []],
  ];
  for (const [query, values] of cases) {
    test(`called a in ${query || 'no query'} are ${JSON.stringify(values)}`, () => {
      assert.deepEqual(queryValues(query, 'a'), values);
    });
  }

  test('are found by a name that has to be escaped', () => {
    assert.deepEqual(queryValues('?a+b=1&a%20b=2&a%26b=3', 'a b'), ['1', '2']);
    assert.deepEqual(queryValues('?a%26b=3', 'a&b'), ['3']);
  });

  test('are what the URL Standard says they are', () => {
    const pieces = ['a', 'b', '=', '&', '+', '%', '%61', '%26', '%3D', '2', '%2', ';', '?', '~'];
    let seed = 7;
    const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 5_000; round++) {
      const query = Array.from({ length: next(12) }, () => pieces[next(pieces.length)]).join('');
      assert.deepEqual(queryValues(`?${query}`, 'a'), new URLSearchParams(`?${query}`).getAll('a'), query);
    }
  });
});
