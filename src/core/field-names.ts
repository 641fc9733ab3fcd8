/** What a field means to the data plane, by its name; `plain` fields are passed on untouched. */
export const fieldRole = {
  plain: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  expect: 5,
  upgrade: 6,
  requestId: 7,
  traceparent: 8,
  forwardedFor: 9,
  forwardedProto: 10,
  forwardedHost: 11,
  /** Another field that tells of an earlier hop: believed from a trusted proxy only. */
  forwardedOther: 12,
  /** Belongs to one connection and is never passed on (RFC 9110, 7.6.1). */
  hopByHop: 13,
  date: 14,
  keepAlive: 15,
  /** Set by the gateway on answers; one from a target is replaced. */
  backend: 16,
  /** Tells of a limit; one from a target is replaced where the gateway has a limit of its own. */
  rateLimit: 17,
  /** Says which pages may read an answer; one from a target is replaced where the gateway says so itself. */
  cors: 18,
} as const;

export type FieldRole = (typeof fieldRole)[keyof typeof fieldRole];

interface RoleName {
  /** In lower case. */
  readonly name: string;
  readonly role: FieldRole;
  /** Whether every name that begins like this has the role. */
  readonly isPrefix: boolean;
}

const roleNames: readonly RoleName[] = [
  ...Object.entries({
    host: fieldRole.host,
    'content-length': fieldRole.contentLength,
    'transfer-encoding': fieldRole.transferEncoding,
    connection: fieldRole.connection,
    expect: fieldRole.expect,
    upgrade: fieldRole.upgrade,
    'x-request-id': fieldRole.requestId,
    traceparent: fieldRole.traceparent,
    'x-forwarded-for': fieldRole.forwardedFor,
    'x-forwarded-proto': fieldRole.forwardedProto,
    'x-forwarded-host': fieldRole.forwardedHost,
    forwarded: fieldRole.forwardedOther,
    'x-real-ip': fieldRole.forwardedOther,
    'keep-alive': fieldRole.keepAlive,
    te: fieldRole.hopByHop,
    trailer: fieldRole.hopByHop,
    date: fieldRole.date,
    'x-backend': fieldRole.backend,
    'x-retry-count': fieldRole.backend,
    'http2-settings': fieldRole.hopByHop,
    'x-ratelimit-limit': fieldRole.rateLimit,
    'x-ratelimit-remaining': fieldRole.rateLimit,
    'x-ratelimit-reset': fieldRole.rateLimit,
    ratelimit: fieldRole.rateLimit,
    'ratelimit-policy': fieldRole.rateLimit,
  }).map(([name, role]) => ({ name, role, isPrefix: false })),
  { name: 'proxy-', role: fieldRole.hopByHop, isPrefix: true },
  { name: 'access-control-allow-', role: fieldRole.cors, isPrefix: true },
  { name: 'access-control-expose-', role: fieldRole.cors, isPrefix: true },
  { name: 'x-forwarded-', role: fieldRole.forwardedOther, isPrefix: true },
];

/** Names of this length and more have a role by their beginning only. */
const longestName = 32;

/** By length and first letter: the names that have a role, so that most fields need no comparison at all. */
const candidates: (readonly RoleName[] | undefined)[] = [];
for (let length = 1; length <= longestName; length++) {
  for (let letter = 0; letter < 32; letter++) {
    const found = roleNames.filter(
      ({ name, isPrefix }) =>
        (name.charCodeAt(0) & 31) === letter && (isPrefix ? name.length <= length : name.length === length),
    );
    candidates[length * 32 + letter] = found.length === 0 ? undefined : found;
  }
}

/** Kinds of characters in a field's name, as bits; zero stands for none. */
export const nameKind = { token: 1, underscore: 2, forbidden: 4 } as const;

/** The kind of each byte in a field's name (RFC 9110, 5.6.2). */
export const nameKinds = new Uint8Array(256).fill(nameKind.forbidden);
for (const character of "!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  nameKinds[character.charCodeAt(0)] = nameKind.token;
}
nameKinds['_'.charCodeAt(0)] = nameKind.underscore;

/** Whether `text[start, end)` is a token, thus not empty (RFC 9110, 5.6.2). */
export function isToken(text: string, start = 0, end = text.length): boolean {
  if (start >= end) return false;
  for (let at = start; at < end; at++) {
    if ((nameKinds[text.charCodeAt(at)] ?? nameKind.forbidden) === nameKind.forbidden) return false;
  }
  return true;
}

/** The role of the field whose name is the token `text[start, end)`; `hasUnderscore` as far as the caller knows. */
export function fieldRoleOf(text: string, start: number, end: number, hasUnderscore: boolean): FieldRole {
  const length = Math.min(end - start, longestName);
  const names = candidates[length * 32 + (text.charCodeAt(start) & 31)];
  if (names === undefined) return fieldRole.plain;
  for (const { name, role } of names) {
    if (!beginsWith(text, start, name)) continue;
    // CGI and its heirs read "_" as "-": a name that only differs in that would speak for a field that the gateway sets.
    return hasUnderscore && role !== fieldRole.date ? fieldRole.hopByHop : role;
  }
  return fieldRole.plain;
}

/** Compares without regard to case, `_` standing for `-`. */
function beginsWith(text: string, start: number, lowerName: string): boolean {
  for (let at = 0; at < lowerName.length; at++) {
    const character = text.charCodeAt(start + at);
    const wanted = lowerName.charCodeAt(at);
    if (character === wanted) continue;
    const isUpper = character >= 65 && character <= 90 && (character | 32) === wanted;
    if (!isUpper && !(character === 95 && wanted === 45)) return false;
  }
  return true;
}
