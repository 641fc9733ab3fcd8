import type { StoredKey } from './key-store.ts';

const sha256Form = /^[0-9a-f]{64}$/;
/** A number that is not below zero, as `String` writes those that a key can have. */
const plainNumber = /^\d{1,16}(?:\.\d{1,16})?$/;

/** A key as the fields of a hash in Redis. */
export function recordOfKey(key: StoredKey): Record<string, string> {
  const { id, name, sha256, rateLimit, permissions, createdAt, expiresAt, revokedAt } = key;
  return {
    id,
    name,
    sha256,
    permissions: JSON.stringify(permissions),
    created_at: String(createdAt),
    ...(rateLimit === null ? {} : { rate_limit: String(rateLimit) }),
    ...(expiresAt === null ? {} : { expires_at: String(expiresAt) }),
    ...(revokedAt === null ? {} : { revoked_at: String(revokedAt) }),
  };
}

/**
 * Null for a record that is not there, and for one that is not as a gateway writes it: a key whose expiry, permissions or
 * limit cannot be read could do more than its owner was given.
 */
export function keyOfRecord(fields: Readonly<Record<string, string>>): StoredKey | null {
  const { id, name, sha256 = '', created_at: created } = fields;
  const permissions = readPermissions(fields['permissions']);
  const createdAt = readNumber(created);
  const rateLimit = readNumber(fields['rate_limit']);
  const expiresAt = readNumber(fields['expires_at']);
  const revokedAt = readNumber(fields['revoked_at']);
  if (id === undefined || name === undefined || !sha256Form.test(sha256) || permissions === undefined) return null;
  if (createdAt === null || createdAt === undefined) return null;
  if (rateLimit === undefined || expiresAt === undefined || revokedAt === undefined) return null;
  return { id, name, sha256, rateLimit, permissions, createdAt, expiresAt, revokedAt };
}

/** Null where there is none, undefined for what is no number. */
function readNumber(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  return plainNumber.test(text) ? Number(text) : undefined;
}

function readPermissions(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
