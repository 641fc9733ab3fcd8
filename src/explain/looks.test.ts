import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitVerdict } from '../core/ports.ts';
import { createLookBook, Looks } from './looks.ts';

const verdict: LimitVerdict = { allowed: true, remaining: 3, resetAfterMs: 20, retryAfterMs: 0 };
const limit = { emissionMicros: 500, burst: 4 };

test('what is looked at is written into the book of whoever looks, also after a wait and among others', async () => {
  const looks = new Looks();
  const atOnce = looks.limiters({ create: () => ({ take: () => verdict }) }).create('scope', limit);
  const later = looks.limiters({ create: () => ({ take: async () => verdict }) }).create('scope', limit);
  const keys = looks.keys({ find: () => null });
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const books = [createLookBook(), createLookBook()] as const;
  const work = books.map((book, index) =>
    looks.within(book, async () => {
      assert.equal(keys.find(`secret ${index}`, 0), null);
      await gates[index === 0 ? 0 : 1].promise;
      assert.deepEqual(atOnce.take(`at once ${index}`), verdict);
      assert.deepEqual(await later.take(`later ${index}`, { emissionMicros: 1000, burst: 9 }), verdict);
    }),
  );
  gates[1].resolve();
  await work[1];
  gates[0].resolve();
  await work[0];
  for (const [index, book] of books.entries()) {
    const common = { allowed: true, remaining: 3, full_after_ms: 20, retry_after_ms: 0 };
    assert.deepEqual(book, {
      secrets: [`secret ${index}`],
      limits: [
        { subject: `at once ${index}`, burst: 4, token_ms: 0.5, ...common },
        { subject: `later ${index}`, burst: 9, token_ms: 1, ...common },
      ],
    });
  }
});

test('what nobody has a book for is looked at all the same', () => {
  const limiter = new Looks().limiters({ create: () => ({ take: () => verdict }) }).create('scope', limit);
  assert.deepEqual(limiter.take('a'), verdict);
});
