import { hash } from 'node:crypto';
import type { LimitVerdict, TokenLimit } from '../core/ports.ts';
import type { RedisClient } from './redis-clients.ts';

/*
 * What lies in Redis. One string for each bucket that is not full, and nothing for one that is:
 *
 *   sluice:limits:<scope>:{<subject>}    the moment at which the bucket will be full again, in whole microseconds of
 *                                        Unix time; it expires right after it
 *   sluice:limits:probe:{<subject>}      written by a gateway that looks whether Redis is back; expires at once
 *
 * <scope> is the beginning of the SHA-256 of the policy's scope, in base64url. <subject> is the client's network or the
 * key's id, with what is neither a letter, a digit nor one of -_.!~*'() escaped as in a URL, so it holds no brace. The
 * braces are a hash tag: a cluster spreads the buckets over its nodes by subject, and a probe goes to the node that was
 * missed. A user of Redis needs these rights: ~sluice:limits:* +@connection +info +eval +evalsha +time +get +set.
 * Gateways that shall not share their limits use databases, or servers, of their own.
 */
const keyPrefix = 'sluice:limits:';
const scopeLength = 16;

/**
 * Takes a token, in one step and by Redis's own clock, so that it does not matter whose request comes from which node.
 * The rule is that of the buckets in shared memory: the generic cell rate algorithm in whole microseconds. Numbers in Lua
 * are doubles: the time is below 2^51 µs until the year 2041, a bucket fills within 2^52 µs, so all stays below 2^53.
 *
 * KEYS the bucket; ARGV microseconds for one token, microseconds for all of them. Returns whether there was a token, as
 * 1 or 0, and in how many microseconds the bucket is full again.
 *
 * A clock that is set back, or a fail-over to a server whose clock is behind, would leave a bucket that takes longer than
 * its capacity to fill. It counts as an empty one. The lifetime counts from a clock that is read in whole milliseconds,
 * so one is added: a bucket may be kept too long, but never be forgotten too early.
 */
export const limitScript = `
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local emission = tonumber(ARGV[1])
  local capacity = tonumber(ARGV[2])
  local ahead = (tonumber(redis.call('GET', KEYS[1])) or 0) - now
  if not (ahead > 0) then ahead = 0 end
  local impossible = ahead > capacity
  if impossible then ahead = capacity end
  local taken = ahead + emission <= capacity
  if taken then ahead = ahead + emission end
  if taken or impossible then
    local lifetime = math.ceil(ahead / 1000) + 1
    redis.call('SET', KEYS[1], string.format('%.0f', now + ahead), 'PX', string.format('%.0f', lifetime))
  end
  return { taken and 1 or 0, ahead }`;

const limitScriptSha1 = hash('sha1', limitScript);

/** A limit that leaves next to nothing behind. */
const probeLimit: TokenLimit = { emissionMicros: 1, burst: 1 };

/** Where the buckets of a scope lie: what stands before a subject's own part. */
export function limitKeyPrefix(scope: string): string {
  return `${keyPrefix}${hash('sha256', scope, 'base64url').slice(0, scopeLength)}:`;
}

/** A subject's own part of a key. */
export function limitKeySuffix(subject: string): string {
  return `{${encodeURIComponent(subject.toWellFormed())}}`;
}

/** Takes a token of the bucket at `key`. Rejects with the error of Redis or of the connection. */
export async function takeToken(client: RedisClient, key: string, limit: TokenLimit): Promise<LimitVerdict> {
  const words = [key, limit.emissionMicros, limit.emissionMicros * limit.burst] as const;
  try {
    return readVerdict(await client.evalsha(limitScriptSha1, 1, ...words), limit);
  } catch (error) {
    // A server that has just been started does not know the script; this makes it known.
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return readVerdict(await client.eval(limitScript, 1, ...words), limit);
  }
}

/** Does what a take does, on the node that has the buckets of the same subject. */
export async function probeLimits(client: RedisClient, keySuffix: string): Promise<void> {
  await takeToken(client, `${keyPrefix}probe:${keySuffix}`, probeLimit);
}

/** What the script's reply says of a bucket. */
export function readVerdict(reply: unknown, { emissionMicros, burst }: TokenLimit): LimitVerdict {
  const [taken, aheadMicros] = reply as [number, number];
  const allowed = taken === 1;
  const leftMicros = emissionMicros * burst - aheadMicros;
  return {
    allowed,
    remaining: allowed ? Math.floor(leftMicros / emissionMicros) : 0,
    resetAfterMs: Math.ceil(aheadMicros / 1000),
    retryAfterMs: allowed ? 0 : Math.ceil((emissionMicros - leftMicros) / 1000),
  };
}
