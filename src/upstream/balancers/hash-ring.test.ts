import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedHash } from '../../lib/hash.ts';
import { HashRing, type RingMember } from './hash-ring.ts';

const keys = 20_000;

/** To which member each of many keys goes. */
function assign(members: readonly RingMember[], seed = 7): readonly string[] {
  const hash = new KeyedHash(seed, seed * 3);
  const ring = new HashRing(members, hash);
  return Array.from({ length: keys }, (_, key) => {
    hash.hash(`key ${key}`);
    return members[ring.memberAt(ring.find(hash.low))]?.name ?? '';
  });
}

function membersOf(names: string, weight: (name: string) => number = () => 1): readonly RingMember[] {
  return Array.from(names, (name) => ({ name: `http://10.0.0.${name}`, weight: weight(name) }));
}

function countBy(assigned: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of assigned) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

test('each member has about its share of the keys', () => {
  for (const [, count] of countBy(assign(membersOf('12345678')))) {
    assert.ok(Math.abs(count - keys / 8) < (keys / 8) * 0.25, `${count} of ${keys}`);
  }
  const heavy = countBy(assign(membersOf('1234', (name) => (name === '1' ? 5 : 1)))).get('http://10.0.0.1') ?? 0;
  assert.ok(Math.abs(heavy - (keys * 5) / 8) < keys * 0.05, `${heavy} of ${keys}`);
});

test('when a member goes only its own keys move, and they spread over all others', () => {
  const weight = (name: string) => (Number(name) % 3) + 1;
  const before = assign(membersOf('12345678', weight));
  for (const gone of '12345678') {
    const name = `http://10.0.0.${gone}`;
    const after = assign(membersOf('12345678'.replace(gone, ''), weight));
    const heirs = new Set<string>();
    for (const [key, owner] of before.entries()) {
      if (owner === name) heirs.add(after[key] ?? '');
      else assert.equal(after[key], owner, `key ${key} when ${gone} goes`);
    }
    assert.equal(heirs.size, 7);
  }
});

test('when a member comes it takes keys of all others, and none moves between those', () => {
  const before = assign(membersOf('1234567'));
  const after = assign(membersOf('12345678'));
  const givers = new Set<string>();
  for (const [key, owner] of after.entries()) {
    if (owner === before[key]) continue;
    assert.equal(owner, 'http://10.0.0.8');
    givers.add(before[key] ?? '');
  }
  assert.equal(givers.size, 7);
});

test('the order of the members does not matter, and the key of the hash does', () => {
  assert.deepEqual(assign(membersOf('4213')), assign(membersOf('1234')));
  const before = assign(membersOf('1234'));
  const moved = assign(membersOf('1234'), 8).filter((owner, key) => owner !== before[key]);
  assert.ok(moved.length > keys / 2);
});

test('weights beyond all measure get fewer points', () => {
  const ring = new HashRing(
    Array.from({ length: 300 }, (_, index) => ({ name: `t${index}`, weight: 1_000 })),
    new KeyedHash(1, 2),
  );
  assert.equal(ring.size, 300_000);
});

test('places before the first and after the last point are the first one’s', () => {
  const ring = new HashRing(membersOf('1'), new KeyedHash(1, 2));
  assert.equal(ring.find(0), 0);
  assert.equal(ring.find(-1), ring.find(0xffff_ffff));
  assert.ok(ring.find(0x8000_0000) > 64 && ring.find(0x8000_0000) < 192);
});
