import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SegmentIndex, type SegmentEdge } from './segment-index.ts';

/** What `find` and `end` are, by cutting the path. */
function findPlainly(edges: readonly SegmentEdge[], parent: number, path: string, start: number): [number, number] {
  const slashAt = path.indexOf('/', start + 1);
  const end = slashAt < 0 ? path.length : slashAt;
  const segment = path.slice(start + 1, end);
  const edge = edges.find((it) => it.parent === parent && it.segment === segment);
  return [edge?.child ?? -1, end];
}

test('any segments are found where a cut of the path would find them, and nothing else', () => {
  const segment = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', '%', '€', '\0'), maxLength: 4 }),
    fc.string({ maxLength: 40 }).map((text) => text.replaceAll('/', '_')),
  );
  const edge = fc.record({ parent: fc.integer({ min: 0, max: 5 }), segment });
  const edgeList = fc
    .uniqueArray(edge, { maxLength: 40, selector: (it) => `${it.parent} ${it.segment}` })
    .map((list): SegmentEdge[] => list.map((it, child) => ({ ...it, child })));
  fc.assert(
    fc.property(edgeList, fc.array(segment, { maxLength: 6 }), fc.nat(), (edges, others, seed) => {
      const index = new SegmentIndex(edges);
      // Segments that are in it, and some that are not, in one path.
      const known = edges.filter((_, at) => (at + seed) % 3 === 0).map((it) => it.segment);
      const path = `/${[...known, ...others].join('/')}`;
      for (let start = 0; start >= 0; start = path.indexOf('/', start + 1)) {
        for (let parent = 0; parent <= 6; parent += 1) {
          assert.deepEqual([index.find(parent, path, start), index.end], findPlainly(edges, parent, path, start));
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('thousands of names that are alike are told apart', () => {
  const edges = Array.from({ length: 10_000 }, (_, child) => ({ parent: 0, segment: `service-${child}`, child }));
  const index = new SegmentIndex(edges);
  for (const { segment, child } of edges) assert.equal(index.find(0, `/${segment}/x`, 0), child);
  assert.equal(index.find(0, '/service-10000', 0), -1);
  assert.equal(index.find(1, '/service-1', 0), -1);
});
