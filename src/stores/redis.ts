import { describeStoreLocation, type RedisLocation } from '../core/store-location.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { compareNewestFirst, duplicateKeyMessage, type KeyStore, type StoredKey } from './key-store.ts';
import { commandTimeoutMs, createRedisClients, type RedisClients } from './redis-clients.ts';
import { reasonOf, RedisPulse } from './redis-pulse.ts';
import { keyOfRecord, recordOfKey } from './redis-record.ts';
import { rejectLate } from './reject-late.ts';
import { WatchedStore } from './watched-store.ts';

/*
 * What lies in Redis. The braces are a hash tag: all of it has one slot, so that in a cluster, too, a script can change a
 * record, the index and tell of it in one step.
 *
 *   {sluice:keys}:key:<sha256>    hash: id, name, sha256, rate_limit, permissions (a JSON array), created_at, expires_at,
 *                                 revoked_at; times in Unix milliseconds, and a field that is null is not there
 *   {sluice:keys}:ids             hash: id → sha256 of every key
 *   sluice:keys:changes:<db>      channel: "<id> <sha256>" for each key that was created, revoked or deleted
 *   sluice:keys:changes:<db>:echo:<random>   channel: a gateway hears itself, to know that it hears others
 *
 * Nothing expires by itself: expired and revoked keys stay in the list until they are deleted.
 *
 * A user of Redis needs at least: ~{sluice:keys}:* &sluice:keys:* +@connection +@scripting +@hash +@pubsub +exists +del
 * +info
 */
const idsKey = '{sluice:keys}:ids';
const recordKey = (sha256: string) => `{sluice:keys}:key:${sha256}`;

/** KEYS record, ids; ARGV channel, id, sha256, fields and values. 0 where the key exists already. */
const createScript = `
  if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 0 end
  redis.call('HSET', KEYS[1], unpack(ARGV, 4))
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
  redis.call('PUBLISH', ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
  return 1`;

/** KEYS record, ids; ARGV channel, id, sha256, time. The record as it is now. */
const revokeScript = `
  if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
  redis.call('HSETNX', KEYS[1], 'revoked_at', ARGV[4])
  redis.call('PUBLISH', ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
  return redis.call('HGETALL', KEYS[1])`;

/** KEYS record, ids; ARGV channel, id, sha256. The record as it was. */
const deleteScript = `
  local record = redis.call('HGETALL', KEYS[1])
  redis.call('DEL', KEYS[1])
  redis.call('HDEL', KEYS[2], ARGV[2])
  redis.call('PUBLISH', ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
  return record`;

/** How many records are asked for at once. */
const listBatch = 200;

/** Another try would end in the same way: who we are, and which database, is for a person to put right. */
const hopeless = /^(WRONGPASS|NOAUTH|NOPERM)\b|invalid password|DB index is out of range/;

/**
 * Opens a store in Redis. Where it cannot be reached it is tried again for `startupMs`; then, or at once
 * where the server refuses the credentials, this rejects with a StoreUnavailableError that says so.
 */
export async function openRedisStore(location: RedisLocation, startupMs: number): Promise<KeyStore> {
  const store = new RedisStore(location, await createRedisClients(location));
  try {
    await store.open(startupMs);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class RedisStore extends WatchedStore implements KeyStore {
  private readonly place: string;
  private readonly clients: RedisClients;
  private readonly channel: string;
  private readonly pulse: RedisPulse;
  /** While the store is being opened. */
  private onOpening: (() => void) | null = null;

  constructor(location: RedisLocation, clients: RedisClients) {
    super();
    this.place = describeStoreLocation(location);
    this.clients = clients;
    this.channel = `sluice:keys:changes:${location.database}`;
    this.pulse = new RedisPulse({
      clients,
      key: idsKey,
      channel: this.channel,
      events: {
        onUp: () => this.setUp(true),
        onDown: () => {
          this.setUp(false);
          this.onOpening?.();
        },
        onMessage: (text) => {
          const [id = '', sha256 = ''] = text.split(' ');
          this.tellChange({ id, sha256 });
        },
      },
    });
  }

  async open(startupMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (when: string) =>
      reject(new StoreUnavailableError(`Redis at ${this.place} could not be used${when}: ${this.pulse.reason}.`));
    this.onStateChange((up) => {
      if (up) resolve();
    });
    this.onOpening = () => {
      if (hopeless.test(this.pulse.reason)) fail('');
    };
    const timer = setTimeout(() => fail(` within ${startupMs / 1000} s`), startupMs);
    this.pulse.start();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.onOpening = null;
    }
  }

  async create(key: StoredKey): Promise<void> {
    const created = await this.runScript(createScript, key, Object.entries(recordOfKey(key)).flat());
    if (created === 0) throw new Error(duplicateKeyMessage);
    this.tellChange({ id: key.id, sha256: key.sha256 });
  }

  async findByDigest(sha256: string): Promise<StoredKey | null> {
    return this.run(async () => keyOfRecord(await this.clients.commands.hgetall(recordKey(sha256))));
  }

  async findById(id: string): Promise<StoredKey | null> {
    const sha256 = await this.run(() => this.clients.commands.hget(idsKey, id));
    return sha256 === null ? null : this.findByDigest(sha256);
  }

  async list(): Promise<StoredKey[]> {
    const digests = await this.run(() => this.clients.commands.hvals(idsKey));
    const keys: StoredKey[] = [];
    for (let start = 0; start < digests.length; start += listBatch) {
      const batch = digests.slice(start, start + listBatch);
      const found = await Promise.all(batch.map((sha256) => this.findByDigest(sha256)));
      keys.push(...found.filter((key) => key !== null));
    }
    return keys.sort(compareNewestFirst);
  }

  async revoke(id: string, atMs: number): Promise<StoredKey | null> {
    return this.changeRecord(id, revokeScript, [String(Math.trunc(atMs))]);
  }

  async delete(id: string): Promise<StoredKey | null> {
    return this.changeRecord(id, deleteScript, []);
  }

  async close(): Promise<void> {
    this.forgetListeners();
    this.setUp(false);
    this.pulse.stop();
    for (const client of new Set([this.clients.commands, this.clients.subscriber])) client.disconnect();
  }

  private async changeRecord(id: string, script: string, more: string[]): Promise<StoredKey | null> {
    const sha256 = await this.run(() => this.clients.commands.hget(idsKey, id));
    if (sha256 === null) return null;
    const reply = await this.runScript(script, { id, sha256 }, more);
    // Before the caller goes on; what was published is heard a moment later.
    this.tellChange({ id, sha256 });
    return this.run(async () => keyOfRecord(pairUp(reply as string[])));
  }

  private async runScript(script: string, key: { id: string; sha256: string }, more: string[]): Promise<unknown> {
    const { id, sha256 } = key;
    return this.run(() =>
      this.clients.commands.eval(script, 2, recordKey(sha256), idsKey, this.channel, id, sha256, ...more),
    );
  }

  /** Asks the server, for a limited time, and not at all while it is known to be lost. */
  private async run<Result>(ask: () => Promise<Result>): Promise<Result> {
    if (!this.up) throw this.unavailable(this.pulse.reason);
    try {
      return await rejectLate(ask(), commandTimeoutMs);
    } catch (error) {
      this.pulse.onCommandFailure(error);
      throw this.unavailable(reasonOf(error));
    }
  }

  private unavailable(reason: string): StoreUnavailableError {
    return new StoreUnavailableError(`Redis at ${this.place} cannot be used: ${reason || 'it is closed'}.`);
  }
}

/** Names and values in turn, as a script returns a hash. */
function pairUp(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at] ?? ''] = flat[at + 1] ?? '';
  return fields;
}
