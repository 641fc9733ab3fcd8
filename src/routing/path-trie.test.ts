import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PathTrie, type Routable } from './path-trie.ts';

interface Leaf extends Routable {
  readonly name: string;
}

/** `GET,PUT /a/*` is a pattern for two methods, `/a/*` one for all. */
function trieOf(...patterns: string[]): PathTrie<Leaf> {
  const trie = new PathTrie<Leaf>();
  for (const name of patterns) {
    const [pattern = '', methods] = name.split(' ').toReversed();
    trie.add(pattern, { name, methods: methods?.split(',') });
  }
  return trie;
}

describe('a pattern', () => {
  const matches: readonly [pattern: string, matching: readonly string[], others: readonly string[]][] = [
    ['/', ['/'], ['/a', '/a/']],
    ['/a', ['/a'], ['/', '/a/', '/a/b', '/ab', '/A', '/aa']],
    ['/a/', ['/a/'], ['/a', '/a/b', '/']],
    ['/a/b', ['/a/b'], ['/a', '/a/b/', '/a/bc', '/a/b/c', '/a/c']],
    ['/*', ['/', '/a', '/a/', '/a/b/c'], []],
    ['/a/*', ['/a', '/a/', '/a/b', '/a/b/c/'], ['/', '/ab', '/ab/c', '/b', '/b/a']],
    ['/a/b/*', ['/a/b', '/a/b/', '/a/b/c'], ['/a', '/a/', '/a/c', '/a/bc']],
    ['/constructor', ['/constructor'], ['/toString', '/__proto__', '/hasOwnProperty']],
    ['/__proto__/*', ['/__proto__', '/__proto__/a'], ['/constructor', '/a']],
  ];
  for (const [pattern, matching, others] of matches) {
    test(`${pattern} matches ${matching.join(' ')} and nothing else`, () => {
      const trie = trieOf(pattern);
      for (const path of matching) assert.equal(trie.match(path, 'GET')?.name, pattern, path);
      for (const path of others) assert.equal(trie.match(path, 'GET'), null, path);
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
    ['the one that names the method wins', ['/a', 'GET /a'], '/a', 'GET /a'],
    ['the one for all methods takes the rest', ['PUT /a', '/a'], '/a', '/a'],
    ['a wider one takes a method that the exact one does not name', ['/*', 'PUT /a'], '/a', '/*'],
    ['a wider one takes a method that a longer prefix does not name', ['GET /*', 'PUT /a/*'], '/a/b', 'GET /*'],
    ['the longest prefix that has the method wins', ['/*', 'GET /a/*', 'PUT /a/b/*'], '/a/b/c', 'GET /a/*'],
    ['none wins where none has the method', ['PUT /a', 'POST /*'], '/a', null],
  ];
  for (const [name, patterns, path, chosen] of choices) {
    test(name, () => {
      assert.equal(trieOf(...patterns).match(path, 'GET')?.name ?? null, chosen);
      assert.equal(trieOf(...patterns.toReversed()).match(path, 'GET')?.name ?? null, chosen);
    });
  }

  test('with one method, the one that was added first wins', () => {
    assert.equal(trieOf('GET,PUT /a', 'GET /a').match('/a', 'GET')?.name, 'GET,PUT /a');
    const [first, second] = [{ methods: undefined }, { methods: undefined }];
    const trie = new PathTrie<Routable>();
    trie.add('/a', first);
    trie.add('/a', second);
    assert.equal(trie.match('/a', 'GET'), first);
  });
});

test('the methods of a path are those of every pattern that matches it', () => {
  const trie = trieOf('GET /*', 'PUT,GET /a/*', 'POST /a/b', 'DELETE /a/b/*', 'PATCH /a/c', '/d');
  const methodsOf = (path: string) => [...trie.methodsFor(path)].toSorted();
  assert.deepEqual(methodsOf('/a/b'), ['DELETE', 'GET', 'POST', 'PUT']);
  assert.deepEqual(methodsOf('/a/b/'), ['DELETE', 'GET', 'PUT']);
  assert.deepEqual(methodsOf('/a/x'), ['GET', 'PUT']);
  assert.deepEqual(methodsOf('/'), ['GET']);
  assert.deepEqual([...trieOf('/d', 'PUT /e').methodsFor('/d')], []);
  assert.deepEqual([...trieOf('PUT /e').methodsFor('/f')], []);
});
