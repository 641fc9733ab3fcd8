import type { z } from 'zod';
import type { FieldError } from '../core/problem.ts';
import { nearest } from '../lib/edit-distance.ts';
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

/**
 * What to tell of permissions that name no route. They are taken all the same: the route may be one of later, or of
 * another gateway with the same store.
 */
export function warnOfPermissions(permissions: readonly string[], routes: readonly string[]): string[] {
  return permissions.flatMap((permission, index) => {
    if (permission.startsWith('/') || routes.includes(permission)) return [];
    const meant = nearest(permission, routes);
    const hint = meant === undefined ? 'a prefix of a path begins with "/"' : `did you mean "${meant}"?`;
    return [`permissions.${index}: no route of this gateway has this name, so it permits nothing here; ${hint}`];
  });
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
