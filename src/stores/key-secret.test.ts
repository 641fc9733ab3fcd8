import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { createKey, isWellFormedSecret, secretLength } from './key-secret.ts';

const wanted = { name: 'mobile', rateLimit: 30, permissions: ['users', '/api/auth'], expiresAt: 1_800_000_000_000 };
const create = () => createKey(wanted, { random: randomBytes, now: () => 1_700_000_000_000.75 });

describe('createKey', () => {
  test('keeps what was asked for, the digest of the secret and the time, and not the secret', () => {
    const { key, secret } = create();
    assert.match(key.id, /^[0-9a-f]{16}$/);
    assert.deepEqual(key, {
      ...wanted,
      id: key.id,
      sha256: createHash('sha256').update(secret).digest('hex'),
      createdAt: 1_700_000_000_000,
      revokedAt: null,
    });
    assert.ok(!JSON.stringify(key).includes(secret.slice(7)));
  });

  test('asks for 256 random bits for the secret and puts all of them in', () => {
    const asked: number[] = [];
    const secretOf = (byte: number, at: number) => {
      const bits = Buffer.alloc(32);
      bits[at] = byte;
      const random = (count: number) => (asked.push(count), count === 32 ? bits : randomBytes(count));
      return createKey(wanted, { random, now: () => 0 }).secret;
    };
    const secrets = new Set<string>();
    for (let at = 0; at < 32; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) secrets.add(secretOf(1 << bit, at));
    }
    assert.equal(secrets.size, 256);
    assert.deepEqual(new Set(asked), new Set([32, 8]));
  });

  test('makes secrets of one length that can be selected by a double click', () => {
    for (const fill of [0, 1, 127, 255]) {
      const { secret } = createKey(wanted, { random: (count) => Buffer.alloc(count, fill), now: () => 0 });
      assert.match(secret, /^sluice_[0-9A-Za-z]{49}$/);
      assert.equal(secret.length, secretLength);
      assert.ok(isWellFormedSecret(secret));
    }
  });
});

describe('isWellFormedSecret', () => {
  test('knows every single mistyped character and every swap of neighbours', () => {
    const { secret } = create();
    for (let at = 0; at < secret.length; at += 1) {
      const other = secret[at] === 'x' ? 'y' : 'x';
      assert.ok(!isWellFormedSecret(secret.slice(0, at) + other + secret.slice(at + 1)), `character ${at}`);
      const swapped = secret.slice(0, at) + (secret[at + 1] ?? '') + (secret[at] ?? '') + secret.slice(at + 2);
      assert.equal(isWellFormedSecret(swapped), swapped === secret, `swap at ${at}`);
    }
  });

  test('refuses what is shorter, longer, empty or not of its alphabet', () => {
    const { secret } = create();
    for (const text of [
      '',
      'sluice_',
      secret.slice(1),
      `${secret}0`,
      ` ${secret.slice(1)}`,
      `${secret.slice(0, -1)}ÿ`,
    ]) {
      assert.ok(!isWellFormedSecret(text), text);
    }
  });
});
