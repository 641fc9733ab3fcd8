import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { hashPassword } from '../lib/password-hash.ts';
import { PasswordCheck, type UserSecret } from './password-check.ts';

const quick: UserSecret = { name: 'bob', sha256: hash('sha256', 'plain') };
const slow: UserSecret = { name: 'ada', argon2id: hashPassword('sesame') };

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

function createBench(...users: readonly UserSecret[]) {
  const time = { nowMs: 1_000 };
  const check = new PasswordCheck(users, { now: () => time.nowMs, wallTime: () => 0 });
  return { check, time };
}

describe('a check of passwords', () => {
  test('of users without a slow hash is made at once', () => {
    const { check } = createBench(quick);
    assert.deepEqual(check.verify(basic('bob', 'wrong'), 'net'), { kind: 'wrong', failures: 1 });
    assert.deepEqual(check.verify(basic('eve', 'plain'), 'net'), { kind: 'wrong', failures: 2 });
    const right = check.verify(basic('bob', 'plain'), 'net');
    assert.deepEqual(right, {
      kind: 'right',
      consumer: { id: 'user:bob', name: 'bob', rateLimit: null, permissions: [] },
    });
  });

  test('is slow for everybody where it is for one, so that it does not tell who there is', async () => {
    const { check } = createBench(quick, slow);
    for (const field of [basic('bob', 'plain'), basic('eve', 'x'), basic('ada', 'sesame')]) {
      assert.ok(check.verify(field, 'net') instanceof Promise);
    }
    const kinds = [basic('bob', 'plain'), basic('ada', 'plain'), basic('bob', 'sesame'), basic('eve', 'sesame')].map(
      async (field) => (await check.verify(field, `net ${field}`)).kind,
    );
    assert.deepEqual(await Promise.all(kinds), ['right', 'wrong', 'wrong', 'wrong']);
  });

  test('is remembered for five minutes where it was right, and never where it was wrong', () => {
    const { check, time } = createBench(quick);
    const [right, wrong] = [basic('bob', 'plain'), basic('bob', 'plainn')];
    assert.deepEqual(
      [right, wrong].map((field) => 'kind' in check.verify(field, 'net')),
      [true, true],
    );
    assert.equal(check.find(right)?.name, 'bob');
    assert.equal(check.find(wrong), undefined);
    time.nowMs += 299_999;
    assert.equal(check.find(right)?.name, 'bob');
    time.nowMs += 1;
    assert.equal(check.find(right), undefined);
  });

  test('makes a network wait after five wrong ones, however many come at once', async () => {
    const { check, time } = createBench(slow);
    const results = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => (await check.verify(basic('ada', `guess ${at}`), 'net')).kind),
    );
    assert.deepEqual(results, ['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'wait', 'wait', 'wait']);
    assert.deepEqual(check.verify(basic('ada', 'sesame'), 'net'), { kind: 'wait', waitMs: 1_000 });
    time.nowMs += 1_000;
    assert.equal((await check.verify(basic('ada', 'sesame'), 'net')).kind, 'right');
    assert.equal((await check.verify(basic('ada', 'wrong'), 'net')).kind, 'wrong');
  });

  test('lets no more wait than it can serve soon', async () => {
    const { check } = createBench(slow);
    const asked = Array.from({ length: 66 }, (_, at) => check.verify(basic('ada', 'sesame'), `net ${at}`));
    assert.deepEqual(asked.slice(-2), [{ kind: 'busy' }, { kind: 'busy' }]);
    // The first one is checked; all who come with the same are let in by that.
    const results = await Promise.all(asked.slice(0, -2).map(async (result) => await result));
    assert.ok(results.every(({ kind }) => kind === 'right'));
    assert.equal((await check.verify(basic('ada', 'wrong'), 'net')).kind, 'wrong');
  });
});
