import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RoutePattern } from '../core/route-pattern.ts';
import { headOf, patternOf } from '../core/routed-request.fixture.ts';
import { PathTrie } from './path-trie.ts';

/** `GET,PUT /a/*` is a pattern for two methods, `/a/*` one for all. */
function trieOf(...patterns: string[]): PathTrie<RoutePattern> {
  return new PathTrie(
    patterns.map((name) => {
      const [path = '', methods] = name.split(' ').toReversed();
      return patternOf({ name, path, methods: methods?.split(',') });
    }),
  );
}

const get = headOf({});
const chosenBy = (trie: PathTrie<RoutePattern>, path: string) => trie.match(path, get)?.name ?? null;

describe('a pattern', () => {
  const matches: readonly [pattern: string, matching: readonly string[], others: readonly string[]][] = [
    ['/', ['/'], ['/a', '/a/']],
    ['/a', ['/a'], ['/', '/a/', '/a/b', '/ab', '/A', '/aa']],
    ['/a/', ['/a/'], ['/a', '/a/b', '/']],
    ['/a/b', ['/a/b'], ['/a', '/a/b/', '/a/bc', '/a/b/c', '/a/c']],
    ['/*', ['/', '/a', '/a/', '/a/b/c'], []],
    ['/a/*', ['/a', '/a/', '/a/b', '/a/b/c/'], ['/', '/ab', '/ab/c', '/b', '/b/a']],
    ['/a/b/*', ['/a/b', '/a/b/', '/a/b/c'], ['/a', '/a/', '/a/c', '/a/bc']],
    ['/{x}', ['/a', '/%20', '/{x}', '/constructor'], ['/', '/a/', '/a/b']],
    ['/a/{x}', ['/a/b'], ['/a', '/a/', '/a/b/', '/a/b/c', '/b/b']],
    ['/{x}/b/{y}', ['/a/b/c', '/b/b/b'], ['/a/b', '/a/b/', '/a/c/c', '/b/c']],
    ['/a/{x}/*', ['/a/b', '/a/b/', '/a/b/c/d'], ['/a', '/a/', '/b/b']],
    ['/{x}/', ['/a/'], ['/', '/a', '/a/b']],
    ['/constructor', ['/constructor'], ['/toString', '/__proto__', '/hasOwnProperty']],
    ['/__proto__/*', ['/__proto__', '/__proto__/a'], ['/constructor', '/a']],
  ];
  for (const [pattern, matching, others] of matches) {
    test(`${pattern} matches ${matching.join(' ')} and nothing else`, () => {
      const trie = trieOf(pattern);
      for (const path of matching) assert.equal(chosenBy(trie, path), pattern, path);
      for (const path of others) assert.equal(chosenBy(trie, path), null, path);
    });
  }
});

describe('of several patterns that match', () => {
  const choices: readonly [name: string, patterns: readonly string[], path: string, chosen: string | null][] = [
    ['the exact one wins', ['/a/*', '/a/b', '/*'], '/a/b', '/a/b'],
    ['the longest prefix wins', ['/*', '/a/b/*', '/a/*'], '/a/b/c', '/a/b/*'],
    ['a longer prefix that ends elsewhere does not count', ['/*', '/a/b/c/*'], '/a/b/d', '/*'],
    ['an exact one wins over the prefix of the same path', ['/a/*', '/a'], '/a', '/a'],
    ['a prefix takes what an exact one with a slash does not', ['/a/*', '/a/'], '/a', '/a/*'],
    ['a name wins over a parameter', ['/users/{id}', '/users/me'], '/users/me', '/users/me'],
    ['a parameter takes what no name does', ['/users/{id}', '/users/me'], '/users/1', '/users/{id}'],
    ['a parameter wins over a prefix', ['/users/*', '/users/{id}'], '/users/1', '/users/{id}'],
    ['a prefix takes what is longer than a parameter', ['/users/*', '/users/{id}'], '/users/1/a', '/users/*'],
    ['a name with a prefix wins over a parameter', ['/a/{x}', '/a/b/*'], '/a/b', '/a/b/*'],
    ['what is further left counts more', ['/{x}/b/c', '/a/{y}/{z}'], '/a/b/c', '/a/{y}/{z}'],
    ['a name further left wins although it ends in a prefix', ['/{x}/b', '/a/*'], '/a/b', '/a/*'],
    ['a parameter is tried where a name leads nowhere', ['/{x}/c', '/a/b'], '/a/c', '/{x}/c'],
    ['a parameter is tried before a wider prefix', ['/*', '/{x}/c', '/a/b'], '/a/c', '/{x}/c'],
    ['a prefix below a parameter is longer than one above', ['/a/*', '/a/{x}/*'], '/a/b/c', '/a/{x}/*'],
    ['a parameter takes no empty segment', ['/a/*', '/a/{x}'], '/a/', '/a/*'],
    ['the one that names the method wins', ['/a', 'GET /a'], '/a', 'GET /a'],
    ['the one that names fewer methods wins', ['GET,PUT /a', 'GET /a'], '/a', 'GET /a'],
    ['the one for all methods takes the rest', ['PUT /a', '/a'], '/a', '/a'],
    ['a wider one takes a method that the exact one does not name', ['/*', 'PUT /a'], '/a', '/*'],
    ['a parameter takes a method that the name does not', ['/{x}', 'PUT /a'], '/a', '/{x}'],
    ['a wider one takes a method that a longer prefix does not name', ['GET /*', 'PUT /a/*'], '/a/b', 'GET /*'],
    ['the longest prefix that has the method wins', ['/*', 'GET /a/*', 'PUT /a/b/*'], '/a/b/c', 'GET /a/*'],
    ['none wins where none has the method', ['PUT /a', 'POST /*'], '/a', null],
  ];
  for (const [name, patterns, path, chosen] of choices) {
    test(`${name}: ${chosen ?? 'none'} of ${patterns.join(', ')}`, () => {
      assert.equal(chosenBy(trieOf(...patterns), path), chosen);
      assert.equal(chosenBy(trieOf(...patterns.toReversed()), path), chosen);
    });
  }
});

test('a look-up goes down every way at most once, however many ways there are', () => {
  const names = ['a', '{x}'];
  const shapes = Array.from({ length: 2 ** 8 }, (_, at) =>
    Array.from({ length: 8 }, (__, bit) => names[(at >> bit) & 1]).join('/'),
  );
  const trie = trieOf(...shapes.map((shape) => `PUT /${shape}`));
  assert.equal(chosenBy(trie, '/a/a/a/a/a/a/a/a'), null);
  assert.equal(chosenBy(trie, '/a'.repeat(4_000)), null);
  assert.equal(trie.match('/a/b/a/b/a/b/a/b', headOf({ method: 'PUT' }))?.path, '/a/{x}/a/{x}/a/{x}/a/{x}');
});

test('the methods of a path are those of every pattern that matches it', () => {
  const trie = trieOf('GET /*', 'PUT,GET /a/*', 'POST /a/b', 'DELETE /a/b/*', 'PATCH /a/c', '/d', 'TRACE /{x}/b');
  const methodsOf = (path: string) => [...trie.methodsFor(path, get)].toSorted();
  assert.deepEqual(methodsOf('/a/b'), ['DELETE', 'GET', 'POST', 'PUT', 'TRACE']);
  assert.deepEqual(methodsOf('/a/b/'), ['DELETE', 'GET', 'PUT']);
  assert.deepEqual(methodsOf('/a/x'), ['GET', 'PUT']);
  assert.deepEqual(methodsOf('/'), ['GET']);
  assert.deepEqual([...trieOf('/d', 'PUT /e').methodsFor('/d', get)], []);
  assert.deepEqual([...trieOf('PUT /e').methodsFor('/f', get)], []);
});
