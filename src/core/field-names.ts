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

const dash = 45;
const underscore = 95;

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

interface Candidate extends RoleName {
  readonly bytes: Uint8Array;
  /** The next one to compare with; 0 for none. */
  next: number;
}

/** The first is nobody, so that 0 can say that there is none. */
const candidates: Candidate[] = [
  { name: '', role: fieldRole.plain, isPrefix: false, bytes: new Uint8Array(0), next: 0 },
];

/** By length and first letter: where the names that have a role begin, so that most fields need no comparison at all. */
const firstCandidates = new Uint16Array((longestName + 1) * 32);
for (let length = 1; length <= longestName; length++) {
  for (const roleName of roleNames.toReversed()) {
    const { name, isPrefix } = roleName;
    if (isPrefix ? name.length > length : name.length !== length) continue;
    const place = length * 32 + (name.charCodeAt(0) & 31);
    candidates.push({ ...roleName, bytes: Buffer.from(name, 'latin1'), next: firstCandidates[place] ?? 0 });
    firstCandidates[place] = candidates.length - 1;
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

/** The role of the field whose name is the token `bytes[start, end)`. */
export function fieldRoleOf(bytes: Uint8Array, start: number, end: number): FieldRole {
  const length = end - start > longestName ? longestName : end - start;
  let at = firstCandidates[length * 32 + ((bytes[start] ?? 0) & 31)] ?? 0;
  while (at > 0) {
    const candidate = candidates[at];
    if (candidate === undefined) break;
    if (beginsWith(bytes, start, candidate.bytes)) return roleBesides(bytes, { start, end }, candidate.role);
    at = candidate.next;
  }
  return fieldRole.plain;
}

/** The role of the field of this name, a token. */
export function fieldRoleOfName(name: string): FieldRole {
  const bytes = Buffer.from(name, 'latin1');
  return fieldRoleOf(bytes, 0, bytes.length);
}

/** Compares a token without regard to case, `_` standing for `-`. */
function beginsWith(bytes: Uint8Array, start: number, lowerName: Uint8Array): boolean {
  for (let at = 0; at < lowerName.length; at++) {
    const byte = bytes[start + at] ?? 0;
    const wanted = lowerName[at] ?? 0;
    // The bit tells capitals from small letters. Of what is no letter in a token it changes nothing, or not into one.
    if ((byte | 32) !== wanted && !(byte === underscore && wanted === dash)) return false;
  }
  return true;
}

/**
 * CGI and its heirs read "_" as "-": a name that only differs in that would speak for a field that the gateway sets, so
 * it goes no further than this hop.
 */
function roleBesides(bytes: Uint8Array, name: { start: number; end: number }, role: FieldRole): FieldRole {
  if (role === fieldRole.date) return role;
  for (let at = name.start; at < name.end; at++) {
    if (bytes[at] === underscore) return fieldRole.hopByHop;
  }
  return role;
}
