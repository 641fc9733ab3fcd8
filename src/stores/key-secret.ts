import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { StoredKey } from './key-store.ts';

/**
 * A secret is `sluice_`, then 256 random bits as 43 digits to the base 62, then the CRC-32 of all of that as six digits
 * to the base 62. The fixed beginning lets scanners find a secret that was published by mistake; the checksum lets the
 * gateway refuse a mistyped one without asking anybody. It is no protection: anyone can compute it.
 */
const prefix = 'sluice_';
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomBytes = 32;
const randomDigits = 43;
const checksumDigits = 6;
const checksumStart = prefix.length + randomDigits;

export const secretLength = checksumStart + checksumDigits;

/** What is asked for when a key is made. */
export interface WantedKey {
  readonly name: string;
  readonly rateLimit: number | null;
  readonly permissions: readonly string[];
  readonly expiresAt: number | null;
}

export interface KeySources {
  /** So many bytes that nobody can guess. */
  readonly random: (byteCount: number) => Uint8Array;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

/** Makes a key; `secret` is for its owner, and there is no way to get it again. */
export function createKey(wanted: WantedKey, { random, now }: KeySources): { key: StoredKey; secret: string } {
  const body = prefix + encodeNumber(Buffer.from(random(randomBytes)).toString('hex'));
  const secret = body + encodeChecksum(crc32(body));
  const key: StoredKey = {
    id: Buffer.from(random(8)).toString('hex'),
    name: wanted.name,
    sha256: digestSecret(secret),
    rateLimit: wanted.rateLimit,
    permissions: [...wanted.permissions],
    createdAt: Math.trunc(now()),
    expiresAt: wanted.expiresAt,
    revokedAt: null,
  };
  return { key, secret };
}

/** Whether a text can be a secret that `createKey` made. */
export function isWellFormedSecret(text: string): boolean {
  if (text.length !== secretLength || !text.startsWith(prefix)) return false;
  let checksum = 0;
  for (let at = checksumStart; at < secretLength; at += 1) {
    const digit = digitValue(text.charCodeAt(at));
    if (digit < 0) return false;
    checksum = checksum * digits.length + digit;
  }
  return checksum === crc32(text.slice(0, checksumStart));
}

/**
 * What a key is found by: SHA-256, 64 hexadecimal digits. A plain hash is enough because a secret has 256 random bits,
 * which nobody can try.
 */
export function digestSecret(secret: string): string {
  return hash('sha256', secret);
}

function encodeNumber(hexadecimal: string): string {
  const base = BigInt(digits.length);
  let rest = BigInt(`0x${hexadecimal}`);
  let text = '';
  for (let count = 0; count < randomDigits; count += 1) {
    text = digits.charAt(Number(rest % base)) + text;
    rest /= base;
  }
  return text;
}

function encodeChecksum(checksum: number): string {
  let rest = checksum;
  let text = '';
  for (let count = 0; count < checksumDigits; count += 1) {
    text = digits.charAt(rest % digits.length) + text;
    rest = Math.floor(rest / digits.length);
  }
  return text;
}

function digitValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 65 && code <= 90) return code - 55;
  return code >= 97 && code <= 122 ? code - 61 : -1;
}
