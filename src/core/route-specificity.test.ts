import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { patternOf } from './routed-request.fixture.ts';
import type { RoutePattern } from './route-pattern.ts';
import { findAmbiguousRoutes } from './route-specificity.ts';

type Part = Partial<RoutePattern>;

const ambiguous: readonly [what: string, first: Part, second: Part][] = [
  ['conditions on different fields', { headers: { x: { equals: '1' } } }, { headers: { y: { equals: '1' } } }],
  ['a field and a parameter of one name', { headers: { x: { equals: '1' } } }, { query: { x: { equals: '1' } } }],
  ['values that overlap', { headers: { x: { one_of: ['1', '2'] } } }, { headers: { x: { one_of: ['2', '3'] } } }],
  [
    'parameters of the path that differ in name only',
    { path: '/{a}', query: { x: { present: true } } },
    { path: '/{b}', query: { y: { present: true } } },
  ],
  ['methods that overlap', { methods: ['GET', 'PUT'] }, { methods: ['GET', 'POST'] }],
  [
    'methods and conditions that are each wider in one of them',
    { methods: ['GET'], headers: { x: { present: true } } },
    { methods: ['GET', 'PUT'], headers: { x: { equals: '1' } } },
  ],
  ['the same values in other words', { headers: { x: { equals: '1' } } }, { headers: { x: { one_of: ['1'] } } }],
];

const clear: readonly [what: string, first: Part, second: Part][] = [
  ['other paths', { path: '/a/{x}' }, { path: '/{x}/b' }],
  ['other hosts', { host: 'a' }, { host: '*.a' }],
  ['a different number of conditions', { headers: { x: { equals: '1' } } }, {}],
  ['methods that have none in common', { methods: ['GET'] }, { methods: ['PUT'] }],
  ['methods of which one has all of the other', { methods: ['GET'] }, { methods: ['GET', 'PUT'] }],
  ['a method beside all methods', { methods: ['GET'] }, { headers: {} }],
  ['two values of one field', { headers: { x: { equals: '1' } } }, { headers: { x: { equals: '2' } } }],
  ['a value and its absence', { headers: { x: { equals: '1' } } }, { headers: { x: { present: false } } }],
  ['beginnings that differ', { query: { x: { prefix: 'a' } } }, { query: { x: { prefix: 'b' } } }],
  ['a value with another beginning', { query: { x: { prefix: 'a' } } }, { query: { x: { equals: 'b' } } }],
  ['a value that is one of several', { query: { x: { equals: '1' } } }, { query: { x: { one_of: ['1', '2'] } } }],
  ['a value within a beginning', { query: { x: { equals: 'ab' } } }, { query: { x: { prefix: 'a' } } }],
  ['a beginning within another', { query: { x: { prefix: 'ab' } } }, { query: { x: { prefix: 'a' } } }],
  ['a value of what is there', { query: { x: { equals: '1' } } }, { query: { x: { present: true } } }],
];

describe('two routes are', () => {
  const pairsOf = (first: Part, second: Part) =>
    [
      [patternOf({ ...first, name: 'a' }), patternOf({ ...second, name: 'b' })],
      [patternOf({ ...second, name: 'b' }), patternOf({ ...first, name: 'a' })],
    ].map((routes) => findAmbiguousRoutes(routes).map((pair) => [pair.first.name, pair.second.name].toSorted()));

  for (const [what, first, second] of ambiguous) {
    test(`ambiguous with ${what}`, () => {
      assert.deepEqual(pairsOf(first, second), [[['a', 'b']], [['a', 'b']]]);
    });
  }
  for (const [what, first, second] of clear) {
    test(`not ambiguous with ${what}`, () => {
      assert.deepEqual(pairsOf(first, second), [[], []]);
    });
  }
});

test('of two ambiguous routes, the one that is asked first is told first', () => {
  const one = patternOf({ name: 'z', headers: { x: { equals: '1' } } });
  const other = patternOf({ name: 'a', headers: { y: { present: true } } });
  const same = patternOf({ name: 'b', headers: { z: { present: true } } });
  const found = findAmbiguousRoutes([other, same, one]).map(({ first, second }) => [first.name, second.name]);
  assert.deepEqual(found, [
    ['a', 'b'],
    ['z', 'a'],
    ['z', 'b'],
  ]);
});
