import assert from 'node:assert/strict';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { describe, test } from 'node:test';
import { Addresses, isAddress } from './addresses.ts';

type Answer = readonly [error: NodeJS.ErrnoException | null, addresses: LookupAddress[]];

const one: LookupAddress = { address: '192.0.2.1', family: 4 };
const other: LookupAddress = { address: '2001:db8::1', family: 6 };
const failure = Object.assign(new Error('getaddrinfo ENOTFOUND a.example'), { code: 'ENOTFOUND' });

/** Addresses on a clock that stands still, with a resolver that answers when a test says so. */
function createAddresses() {
  let nowMs = 5_000;
  const asked: string[] = [];
  const open: ((answer: Answer) => void)[] = [];
  const resolve = (name: string, options: LookupOptions, done: (...answer: Answer) => void) => {
    assert.equal(options.all, true);
    asked.push(name);
    open.push((answer) => done(...answer));
  };
  const clock = { now: () => nowMs, wallTime: () => 0 };
  const addresses = new Addresses(clock, resolve as unknown as ConstructorParameters<typeof Addresses>[1]);
  return {
    asked,
    retain: (...names: string[]) => addresses.retain(new Set(names)),
    pass: (milliseconds: number) => (nowMs += milliseconds),
    /** Answers the oldest open question. */
    answer: (...answer: Answer) => open.shift()?.(answer),
    /** What a look-up gave, undefined while it gives nothing. */
    lookUp: (name = 'a.example', options: LookupOptions = { all: true }) => {
      const result: { given?: unknown[] } = {};
      addresses.lookup(name, options, (...given) => {
        assert.equal(result.given, undefined, 'answered twice');
        result.given = given;
      });
      return result;
    },
  };
}

describe('the addresses of a name', () => {
  test('are waited for the first time, by all who ask, and asked for once', () => {
    const { asked, answer, lookUp } = createAddresses();
    const [first, second] = [lookUp(), lookUp()];
    assert.deepEqual([first.given, second.given], [undefined, undefined]);
    answer(null, [one, other]);
    assert.deepEqual(first.given, [null, [one, other]]);
    assert.deepEqual(second.given, [null, [one, other]]);
    assert.deepEqual(asked, ['a.example']);
  });

  test('are the first one for those who want one', () => {
    const { answer, lookUp } = createAddresses();
    const [waiting, all] = [lookUp('a.example', {}), lookUp()];
    answer(null, [other, one]);
    assert.deepEqual(waiting.given, [null, '2001:db8::1', 6]);
    assert.deepEqual(all.given, [null, [other, one]]);
    assert.deepEqual(lookUp('a.example', { all: false }).given, [null, '2001:db8::1', 6]);
  });

  test('are told at once while they are known, and renewed in the background', () => {
    const { asked, answer, lookUp, pass } = createAddresses();
    lookUp();
    answer(null, [one]);
    pass(10_000);
    assert.deepEqual(lookUp().given, [null, [one]]);
    assert.equal(asked.length, 1);
    pass(1);
    assert.deepEqual(lookUp().given, [null, [one]]);
    assert.deepEqual(lookUp().given, [null, [one]]);
    assert.equal(asked.length, 2);
    answer(null, [other]);
    assert.deepEqual(lookUp().given, [null, [other]]);
    pass(10_000);
    assert.deepEqual(lookUp().given, [null, [other]]);
    assert.equal(asked.length, 2);
  });

  test('stay in use while the resolver fails', () => {
    const { asked, answer, lookUp, pass } = createAddresses();
    lookUp();
    answer(null, [one]);
    for (const answered of [
      [failure, []],
      [null, []],
    ] as const) {
      pass(10_001);
      lookUp();
      answer(answered[0], [...answered[1]]);
      assert.deepEqual(lookUp().given, [null, [one]]);
    }
    assert.equal(asked.length, 3);
  });

  test('are those of each name', () => {
    const { answer, lookUp } = createAddresses();
    const [first, second] = [lookUp('a.example'), lookUp('b.example')];
    answer(null, [one]);
    assert.equal(second.given, undefined);
    answer(null, [other]);
    assert.deepEqual(
      [first.given, second.given],
      [
        [null, [one]],
        [null, [other]],
      ],
    );
  });
});

describe('a name that cannot be resolved', () => {
  test('fails for all who wait', () => {
    const { answer, lookUp } = createAddresses();
    const [first, second] = [lookUp(), lookUp('a.example', {})];
    answer(failure, []);
    assert.equal(first.given?.[0], failure);
    assert.equal(second.given?.[0], failure);
  });

  test('fails where there is an answer without an address', () => {
    const { answer, lookUp } = createAddresses();
    const { given } = ((result) => (answer(null, []), result))(lookUp());
    assert.match(String(given?.[0]), /no address for a\.example/);
  });

  test('is believed to fail for a second, and asked for anew after it', () => {
    const { asked, answer, lookUp, pass } = createAddresses();
    lookUp();
    answer(failure, []);
    pass(1_000);
    assert.equal(lookUp().given?.[0], failure);
    assert.equal(asked.length, 1);
    pass(1);
    const again = lookUp();
    assert.equal(again.given, undefined);
    answer(null, [one]);
    assert.deepEqual(again.given, [null, [one]]);
  });
});

test('an address is told apart from a name', () => {
  for (const host of ['127.0.0.1', '::1', '2001:db8::1']) assert.equal(isAddress(host), true, host);
  for (const host of ['localhost', 'a.example', '1.2.3', '127.0.0.1.example', '[::1]', '']) {
    assert.equal(isAddress(host), false, host);
  }
});

test('a name that nobody needs any more is forgotten, unless it is being looked up', () => {
  const { asked, answer, lookUp, retain } = createAddresses();
  lookUp('a.example');
  lookUp('b.example');
  answer(null, [one]);
  answer(null, [one]);
  const waiting = lookUp('c.example');
  retain('b.example');
  answer(null, [other]);
  assert.deepEqual(waiting.given, [null, [other]]);
  for (const name of ['a.example', 'b.example', 'c.example']) lookUp(name);
  assert.deepEqual(asked, ['a.example', 'b.example', 'c.example', 'a.example']);
});
