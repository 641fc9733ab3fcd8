import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotBook, type SlotProposal } from './slot-book.ts';

const roomy = { routes: 100, upstreams: 100, targets: 100 };

/** Routes of these names; upstreams too, so that both ways of counting are seen. */
function adopt(book: SlotBook, names: readonly string[], targets: readonly string[] = []): SlotProposal {
  const proposal = book.propose({ routes: names, upstreams: names, targets });
  assert.ok('slots' in proposal, JSON.stringify(proposal));
  book.adopt(proposal);
  return proposal;
}

test('routes have slots from 1 up, upstreams and targets from 0 up', () => {
  const { slots, inUse, newTargets } = adopt(new SlotBook(roomy), ['a', 'b'], ['a x', 'a y', 'b x']);
  assert.deepEqual(slots, {
    routes: { a: 1, b: 2 },
    upstreams: { a: 0, b: 1 },
    targets: { 'a x': 0, 'a y': 1, 'b x': 2 },
  });
  assert.deepEqual(inUse, { routes: 3, upstreams: 2, targets: 3 });
  assert.deepEqual(newTargets, [0, 1, 2]);
});

test('a name that objects have by nature is a name like any other', () => {
  assert.deepEqual(adopt(new SlotBook(roomy), ['constructor']).slots.upstreams, { constructor: 0 });
});

test('a name keeps its slot, a new one gets a slot that nobody has had, and one that comes back its old one', () => {
  const book = new SlotBook(roomy);
  adopt(book, ['a', 'b', 'c']);
  const without = adopt(book, ['c', 'd', 'a']);
  assert.deepEqual(without.slots.upstreams, { c: 2, d: 3, a: 0 });
  assert.deepEqual(without.reused.upstreams, []);
  assert.equal(without.inUse.upstreams, 4);
  const back = adopt(book, ['b', 'a']);
  assert.deepEqual(back.slots.upstreams, { b: 1, a: 0 });
  assert.equal(back.inUse.upstreams, 4);
});

test('targets that the configuration before did not have are told, those that come back among them', () => {
  const book = new SlotBook(roomy);
  adopt(book, [], ['x', 'y']);
  assert.deepEqual(adopt(book, [], ['y', 'z']).newTargets, [2]);
  assert.deepEqual(adopt(book, [], ['y', 'z', 'x']).newTargets, [0]);
  assert.deepEqual(adopt(book, [], ['y', 'z', 'x']).newTargets, []);
});

test('when no slot is left that nobody has had, the one that has been free for longest is reused', () => {
  const book = new SlotBook({ ...roomy, upstreams: 3 });
  adopt(book, ['a', 'b', 'c']);
  adopt(book, ['b', 'c']);
  adopt(book, ['c']);
  const first = adopt(book, ['c', 'd']);
  assert.deepEqual([first.slots.upstreams, first.reused.upstreams], [{ c: 2, d: 0 }, [0]]);
  const second = adopt(book, ['c', 'd', 'e']);
  assert.deepEqual([second.slots.upstreams, second.reused.upstreams], [{ c: 2, d: 0, e: 1 }, [1]]);
  // Neither `a` nor `b` finds its slot again, and nothing more fits.
  assert.deepEqual(book.propose({ routes: [], upstreams: ['c', 'd', 'e', 'a'], targets: [] }), {
    lacking: 'upstreams',
    room: 3,
    missing: 1,
  });
});

test('a slot that the running configuration uses is not given away, even to the one that follows it', () => {
  const book = new SlotBook({ ...roomy, upstreams: 2 });
  adopt(book, ['a', 'b']);
  const names = { routes: [], upstreams: ['c', 'd'], targets: [] };
  assert.deepEqual(book.propose(names), { lacking: 'upstreams', room: 2, missing: 2 });
  adopt(book, ['a']);
  adopt(book, []);
  assert.deepEqual(adopt(book, ['c', 'd']).slots.upstreams, { c: 1, d: 0 });
});

test('a proposal that is not adopted changes nothing', () => {
  const book = new SlotBook(roomy);
  adopt(book, ['a']);
  book.propose({ routes: [], upstreams: ['x', 'y'], targets: [] });
  assert.deepEqual(adopt(book, ['a', 'b']).slots.upstreams, { a: 0, b: 1 });
});

test('thousands of names that come and go never take more slots than there are', () => {
  const book = new SlotBook({ ...roomy, upstreams: 10 });
  for (let round = 0; round < 1_000; round += 1) {
    const { slots, inUse } = adopt(book, [`n${round}`, `n${round + 1}`, 'stays']);
    assert.equal(new Set(Object.values(slots.upstreams)).size, 3);
    assert.equal(slots.upstreams['stays'], 2);
    assert.ok(inUse.upstreams <= 10);
  }
});
