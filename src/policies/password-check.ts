import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { FailedAttempts } from '../core/failed-attempts.ts';
import type { Clock, Consumer } from '../core/ports.ts';
import { parseBasicCredentials, type BasicCredentials } from '../lib/basic-credentials.ts';
import { parsePasswordHash, verifyPassword, type PasswordHash } from '../lib/password-hash.ts';

/** A user's name and what the password is compared with. */
export type UserSecret =
  | { readonly name: string; readonly sha256: string }
  | { readonly name: string; readonly argon2id: string };

export type CheckResult =
  | { readonly kind: 'right'; readonly consumer: Consumer }
  /** `failures` in a row from this network. */
  | { readonly kind: 'wrong'; readonly failures: number }
  /** The network has given wrong credentials too often. */
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** Too many others wait for their check. */
  | { readonly kind: 'busy' };

interface User {
  readonly consumer: Consumer;
  readonly sha256: Buffer | null;
  readonly argon2id: PasswordHash | null;
}

interface Remembered {
  readonly consumer: Consumer;
  readonly untilMs: number;
}

/** Right credentials are checked anew after this. */
const rememberedMs = 5 * 60_000;
const mostRemembered = 1_024;
/** An Argon2id check takes tens of milliseconds of a core; so many may stand in line. */
const mostWaiting = 64;
const nobodysDigest = Buffer.alloc(32);

/**
 * Checks user names and passwords. Right ones are remembered for a while by a hash under a key of this object's own, so
 * that neither the map nor its timing says anything of them, and so that each is checked in full only once.
 *
 * The slow checks are made one after the other: so many guesses at once get no further than one after the other, and
 * what they cost is at most one core of all. A user that nobody knows costs as much as one that there is.
 */
export class PasswordCheck {
  readonly #users: ReadonlyMap<string, User>;
  /** What is computed for those who have none; null where no user has any. */
  readonly #anyHash: PasswordHash | null;
  readonly #attempts: FailedAttempts;
  readonly #clock: Clock;
  readonly #key = randomBytes(32).toString('hex');
  readonly #remembered = new Map<string, Remembered>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(secrets: readonly UserSecret[], clock: Clock) {
    const users = secrets.map(createUser);
    this.#users = new Map(users.map((user) => [user.consumer.name.normalize('NFC'), user]));
    this.#anyHash = users.find(({ argon2id }) => argon2id !== null)?.argon2id ?? null;
    this.#attempts = new FailedAttempts(clock);
    this.#clock = clock;
  }

  /** The user of an `Authorization` field that was right a while ago. */
  find(field: string): Consumer | undefined {
    const key = this.#keyOf(field);
    const found = this.#remembered.get(key);
    if (found === undefined) return undefined;
    if (found.untilMs > this.#clock.now()) return found.consumer;
    this.#remembered.delete(key);
    return undefined;
  }

  /** Checks an `Authorization` field that `find` does not know. */
  verify(field: string, network: string): CheckResult | Promise<CheckResult> {
    const waitMs = this.#attempts.waitMs(network);
    if (waitMs > 0) return { kind: 'wait', waitMs };
    const given = parseBasicCredentials(field);
    if (given === null) return this.#conclude(null, field, network);
    const user = this.#users.get(given.username.normalize('NFC')) ?? null;
    const isSame = timingSafeEqual(digestOf(given), user?.sha256 ?? nobodysDigest) && user !== null;
    if (this.#anyHash === null) return this.#conclude(isSame ? user : null, field, network);
    if (this.#waiting >= mostWaiting) return { kind: 'busy' };
    return this.#inTurn(async () => {
      // Meanwhile another request may have shown that they are right, or that this network guesses.
      const known = this.find(field);
      if (known !== undefined) return { kind: 'right', consumer: known };
      const stillMs = this.#attempts.waitMs(network);
      if (stillMs > 0) return { kind: 'wait', waitMs: stillMs };
      const isRight = await this.#verifySlowly(given, user, isSame);
      return this.#conclude(isRight ? user : null, field, network);
    });
  }

  async #verifySlowly(given: BasicCredentials, user: User | null, isSame: boolean): Promise<boolean> {
    const compared = user?.argon2id ?? this.#anyHash;
    const matches = compared !== null && (await verifyPassword(given.password, compared));
    return user !== null && user.argon2id !== null ? matches : isSame;
  }

  async #inTurn(work: () => Promise<CheckResult>): Promise<CheckResult> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    this.#waiting += 1;
    try {
      await before;
      return await work();
    } finally {
      this.#waiting -= 1;
      resolve();
    }
  }

  #conclude(user: User | null, field: string, network: string): CheckResult {
    if (user === null) return { kind: 'wrong', failures: this.#attempts.countFailure(network).failures };
    this.#attempts.forget(network);
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
    const { consumer } = user;
    this.#remembered.set(this.#keyOf(field), { consumer, untilMs: this.#clock.now() + rememberedMs });
    return { kind: 'right', consumer };
  }

  #keyOf(field: string): string {
    return hash('sha256', this.#key + field, 'base64');
  }
}

function createUser(secret: UserSecret): User {
  const { name } = secret;
  const consumer: Consumer = { id: `user:${name}`, name, rateLimit: null, permissions: [] };
  if ('sha256' in secret) return { consumer, sha256: Buffer.from(secret.sha256, 'hex'), argon2id: null };
  const argon2id = parsePasswordHash(secret.argon2id);
  if ('problem' in argon2id) throw new Error(`the password_hash of ${name}: ${argon2id.problem}`);
  return { consumer, sha256: null, argon2id };
}

function digestOf({ password }: BasicCredentials): Buffer {
  return hash('sha256', password.normalize('NFC'), 'buffer');
}
