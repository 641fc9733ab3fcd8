import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashPassword, parsePasswordHash, verifyPassword, type PasswordHash } from './password-hash.ts';

function parse(text: string): PasswordHash {
  const hash = parsePasswordHash(text);
  assert.ok('tag' in hash, text);
  return hash;
}

describe('a password hash', () => {
  test('of the reference implementation is understood', async () => {
    // From the tests of https://github.com/P-H-C/phc-winner-argon2.
    const hash = parse('$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc');
    assert.equal(await verifyPassword('password', hash), true);
    assert.equal(await verifyPassword('differentpassword', hash), false);
  });

  test('fits its own password only, in whatever form of Unicode that is typed', async () => {
    const text = hashPassword('Gr\u00fc\u00dfe');
    assert.match(text, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.notEqual(text, hashPassword('Gr\u00fc\u00dfe'));
    assert.equal(await verifyPassword('Gru\u0308\u00dfe', parse(text)), true);
    assert.equal(await verifyPassword('gr\u00fc\u00dfe', parse(text)), false);
  });

  test('that is none, is cut off or costs too much is refused with a reason', () => {
    const salt = 'c29tZXNhbHQ';
    const tag = 'CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    const refused: readonly [text: string, problem: RegExp][] = [
      ['secret', /expected an Argon2id hash/],
      [`$argon2i$v=19$m=65536,t=2,p=1$${salt}$${tag}`, /expected an Argon2id hash/],
      [`$argon2id$v=16$m=65536,t=2,p=1$${salt}$${tag}`, /expected an Argon2id hash/],
      [`$argon2id$v=19$m=65536,t=2,p=1$${salt}$`, /expected an Argon2id hash/],
      [`$argon2id$v=19$m=65536,t=2,p=1$${salt}$CTFhFdXP`, /cut off/],
      [`$argon2id$v=19$m=65536,t=2,p=1$c29t$${tag}`, /cut off/],
      [`$argon2id$v=19$m=4,t=2,p=1$${salt}$${tag}`, /cannot have/],
      [`$argon2id$v=19$m=65536,t=0,p=1$${salt}$${tag}`, /cannot have/],
      [`$argon2id$v=19$m=9999999,t=2,p=1$${salt}$${tag}`, /costs too much/],
      [`$argon2id$v=19$m=65536,t=99,p=1$${salt}$${tag}`, /costs too much/],
    ];
    for (const [text, problem] of refused) {
      const parsed = parsePasswordHash(text);
      assert.ok('problem' in parsed, text);
      assert.match(parsed.problem, problem);
    }
  });
});
