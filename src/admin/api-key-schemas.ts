import { z } from '@hono/zod-openapi';
import type { StoredKey } from '../core/stored-key.ts';
import { objectError, textError } from './field-errors.ts';

/** One a microsecond: the buckets count in whole ones. */
const mostRequestsPerMinute = 60_000_000;
const mostPermissions = 100;

const moment = z.iso.datetime({ offset: true });

const name = z.string({ error: textError }).regex(/^(?=.*\S)[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,128}$/u, {
  error: 'expected 1 to 128 characters, not only spaces, and no control characters',
});

const rateLimitText = `expected a whole number from 0 to ${mostRequestsPerMinute}, or null`;
const rateLimit = z
  .int({ error: rateLimitText })
  .min(0, { error: rateLimitText })
  .max(mostRequestsPerMinute, { error: rateLimitText })
  .nullable();

const permissionText = 'expected the name of a route, or the prefix of a path such as /api/users';
const permission = z.string({ error: permissionText }).regex(/^(?:\/[!-~]{0,255}|[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/, {
  error: permissionText,
});

const permissions = z
  .array(permission, { error: 'expected a list of names of routes and prefixes of paths' })
  .max(mostPermissions, { error: `expected at most ${mostPermissions}` });

const expiresAtText = 'expected a date and time such as 2027-01-31T00:00:00Z, or null';

/** What is said of a key that is to be made, also on the command line. */
export const wantedKeySchema = z
  .strictObject(
    {
      name,
      rate_limit: rateLimit
        .optional()
        .openapi({ description: 'Requests a minute; the usual limit where it is absent, null or 0.' }),
      permissions: permissions
        .nullable()
        .optional()
        .openapi({ description: 'Names of routes and prefixes of paths that the key may use; none means all.' }),
      expires_at: z.iso
        .datetime({ offset: true, error: expiresAtText })
        .nullable()
        .optional()
        .openapi({ description: 'From then on the key is of no use; never where it is absent or null.' }),
    },
    { error: objectError },
  )
  .openapi('WantedKey', { example: { name: 'my-app', rate_limit: 100 } });

export const apiKeySchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    rate_limit: z.int().nullable().openapi({ description: 'Requests a minute; null for the usual limit.' }),
    permissions: z.array(z.string()),
    active: z.boolean().openapi({ description: 'Neither revoked nor expired.' }),
    created_at: moment,
    expires_at: moment.nullable(),
    revoked_at: moment.nullable(),
  })
  .openapi('ApiKey');

/** A key as it is shown: neither its secret nor a digest of it. */
export function describeKey(key: StoredKey, nowMs: number): z.output<typeof apiKeySchema> {
  return {
    id: key.id,
    name: key.name,
    rate_limit: key.rateLimit,
    permissions: [...key.permissions],
    active: key.revokedAt === null && (key.expiresAt === null || nowMs < key.expiresAt),
    created_at: formatMoment(key.createdAt),
    expires_at: key.expiresAt === null ? null : formatMoment(key.expiresAt),
    revoked_at: key.revokedAt === null ? null : formatMoment(key.revokedAt),
  };
}

function formatMoment(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
