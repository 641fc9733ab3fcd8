import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findGrown, hasNote, type Costs } from '../../bench/guard/verdict.ts';
import { parseMemoryMaps } from '../../bench/memory-maps.ts';
import { summariseProfile } from '../../bench/probe/cpu-profile.ts';
import { summariseHeap } from '../../bench/probe/heap-snapshot.ts';

describe('findGrown', () => {
  const baseline: Costs = { parser: 100, path: 50, passing: 1, policies: 2 };

  test('a tenth more is allowed, and more than that is not', () => {
    assert.deepEqual(findGrown(baseline, [{ parser: 110, path: 56, passing: 1.11, policies: 2 }]), ['path', 'passing']);
  });

  test('what has grown in one of several measurements alone has not grown', () => {
    const slow: Costs = { parser: 200, path: 50, passing: 2, policies: 4 };
    assert.deepEqual(findGrown(baseline, [slow, { ...slow, passing: 1 }, { ...slow, policies: 2 }]), ['parser']);
  });

  test('what could not be measured has not grown', () => {
    assert.deepEqual(findGrown(baseline, [{ parser: null, path: null, passing: 1, policies: 2 }]), []);
  });

  test('without a measurement nothing has grown', () => {
    assert.deepEqual(findGrown(baseline, []), []);
  });
});

describe('hasNote', () => {
  test('a note is a line of its own that says something', () => {
    assert.ok(hasNote('Check more\n\nPerformance-note: heads are checked for X.\n'));
    assert.ok(!hasNote('Check more\n\nPerformance-note:\n'));
    assert.ok(!hasNote('A Performance-note: within a line'));
  });
});

describe('summariseProfile', () => {
  const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 9 });
  const source = new URL('../../src/http1/head-parser.ts', import.meta.url).href;
  const nodes = [
    { id: 1, callFrame: frame('feed', source) },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('(garbage collector)') },
  ];

  test('a sample stands for the time until the next one, and idle time for nothing', () => {
    const { groups, functions } = summariseProfile({ nodes, samples: [1, 2, 3, 1], timeDeltas: [50, 300, 900, 100] });
    assert.deepEqual(groups, [
      { what: 'src/http1', share: 0.75 },
      { what: 'collecting garbage', share: 0.25 },
    ]);
    assert.equal(functions[0]?.what, 'feed (src/http1/head-parser.ts:10)');
  });
});

describe('parseMemoryMaps', () => {
  test('mappings of one kind are added up, the largest first', () => {
    const text = `00400000-00500000 r-xp 00000000 08:01 42                         /usr/bin/node
Rss:                 100 kB
7f0000000000-7f0000100000 rw-p 00000000 00:00 0
Rss:                 200 kB
7f0000200000-7f0000300000 rw-p 00000000 00:00 0
Rss:                  50 kB
55d000000000-55d000100000 rw-p 00000000 00:00 0                          [heap]
Rss:                   0 kB
`;
    assert.deepEqual(parseMemoryMaps(text), [
      { what: 'heaps, stacks and malloc of other threads', bytes: 250 * 1_024 },
      { what: "Node.js's program, from its file", bytes: 100 * 1_024 },
    ]);
  });
});

describe('summariseHeap', () => {
  test('objects are told apart by their constructor, other things by their kind', () => {
    const meta = { node_fields: ['type', 'name', 'self_size'], node_types: [['object', 'string'], 'string', 'number'] };
    const nodes = [0, 0, 16, 1, 1, 40, 0, 0, 16];
    assert.deepEqual(summariseHeap(JSON.stringify({ snapshot: { meta }, nodes, strings: ['Socket', 'hello'] })), [
      { what: 'string', bytes: 40, count: 1 },
      { what: 'object: Socket', bytes: 32, count: 2 },
    ]);
  });
});
