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
 * Null for a record that is not there.
 *
 * @throws Error for one that is not as a gateway writes it: a key whose expiry, permissions or limit cannot be read could
 * do more than its owner was given
 */
export function keyOfRecord(fields: Readonly<Record<string, string>>): StoredKey | null {
  const { id, name, sha256, created_at: created } = fields;
  if (id === undefined || name === undefined || sha256 === undefined || created === undefined) return null;
  if (!sha256Form.test(sha256)) throw unreadable('sha256');
  return {
    id,
    name,
    sha256,
    rateLimit: readNumber(fields, 'rate_limit'),
    permissions: readPermissions(fields['permissions']),
    createdAt: readNumber(fields, 'created_at') ?? 0,
    expiresAt: readNumber(fields, 'expires_at'),
    revokedAt: readNumber(fields, 'revoked_at'),
  };
}

function unreadable(name: string): Error {
  return new Error(`the record of a key has no readable "${name}"`);
}

/** Null where there is none. */
function readNumber(fields: Readonly<Record<string, string>>, name: string): number | null {
  const text = fields[name];
  if (text === undefined) return null;
  if (!plainNumber.test(text)) throw unreadable(name);
  return Number(text);
}

function readPermissions(text = ''): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable('permissions');
  }
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw unreadable('permissions');
  return value;
}
