import type { z } from 'zod';
import type { FieldError } from '../core/problem.ts';
import type { WantedKey } from '../stores/key-secret.ts';
import type { wantedKeySchema } from './api-key-schemas.ts';

/** What a checked body asks for, or what is wrong with it that its schema cannot know. */
export function readWantedKey(body: z.output<typeof wantedKeySchema>, nowMs: number): WantedKey | FieldError {
  const expiresAt = isAbsent(body.expires_at) ? null : Date.parse(body.expires_at);
  if (expiresAt !== null && expiresAt <= nowMs) {
    return { field: 'expires_at', message: 'expected a time that is still to come' };
  }
  return {
    name: body.name,
    rateLimit: isAbsent(body.rate_limit) || body.rate_limit === 0 ? null : body.rate_limit,
    permissions: body.permissions ?? [],
    expiresAt,
  };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
