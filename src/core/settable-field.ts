import { fieldRole, fieldRoleOfName, type FieldRole } from './field-names.ts';

/** Why nobody but the gateway sets a field of this role, and what to do in place of it. */
const reasons: Readonly<Partial<Record<FieldRole, string>>> = {
  [fieldRole.host]: 'Host is set by the route: use its "rewrite" with "host"',
  [fieldRole.contentLength]: 'it says where the body ends, which the gateway does',
  [fieldRole.transferEncoding]: 'it says where the body ends, which the gateway does',
  [fieldRole.connection]: 'it belongs to one connection, and is never passed on',
  [fieldRole.expect]: 'it belongs to one connection, and is never passed on',
  [fieldRole.upgrade]: 'it belongs to one connection, and is never passed on',
  [fieldRole.keepAlive]: 'it belongs to one connection, and is never passed on',
  [fieldRole.hopByHop]: 'it belongs to one connection, or could be read as such a field, and is never passed on',
  [fieldRole.requestId]: 'the gateway sets it: use the policy request_id',
  [fieldRole.traceparent]: 'the gateway sets it, so that traces hang together',
  [fieldRole.forwardedFor]: 'the gateway sets it: targets rely on its word for where a request came from',
  [fieldRole.forwardedProto]: 'the gateway sets it: targets rely on its word for where a request came from',
  [fieldRole.forwardedHost]: 'the gateway sets it: targets rely on its word for where a request came from',
  [fieldRole.forwardedOther]: 'it tells where a request came from, which is the word of the gateway alone',
  [fieldRole.date]: 'it is set by whoever makes the message',
  [fieldRole.backend]: 'the gateway sets it',
  [fieldRole.rateLimit]: 'the policy rate_limit sets it',
  [fieldRole.cors]: 'the policy cors sets it',
};

/**
 * Why a configuration may not set, add or remove a field of this name, which is a token; undefined where it may. Fields of
 * the role `allowed` it may.
 */
export function findUnsettableReason(name: string, allowed: FieldRole = fieldRole.plain): string | undefined {
  const role = fieldRoleOfName(name);
  if (role === fieldRole.plain || role === allowed) return undefined;
  return `the field ${name} cannot be changed here: ${reasons[role] ?? 'the gateway sets it'}`;
}
