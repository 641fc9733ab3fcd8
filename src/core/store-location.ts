import { isIPv4, isIPv6 } from 'node:net';

export interface RedisNode {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface RedisLocation {
  readonly kind: 'redis';
  readonly mode: 'single' | 'sentinel' | 'cluster';
  /** The server; or the Sentinels; or the nodes of a cluster that are asked first. At least one. */
  readonly nodes: readonly RedisNode[];
  readonly tls: boolean;
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  /** What the Sentinels call the servers; empty in the other modes. */
  readonly masterName: string;
  readonly sentinelUsername: string | null;
  readonly sentinelPassword: string | null;
}

/** Where keys are kept. */
export type StoreLocation =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | RedisLocation;

/** What is wrong with the text of a location. It quotes nothing that could be a part of a password. */
export interface LocationProblem {
  readonly problem: string;
}

const forms =
  'expected memory, sqlite:FILE, or a URL that begins with redis://, rediss://, redis+sentinel:// or redis+cluster://';
const escapeHint = 'in a user name or password, write %, /, ?, @ and : as %25, %2F, %3F, %40 and %3A';
const highestDatabase = 65_535;

/**
 * Reads where keys are kept:
 *
 *     memory
 *     sqlite:FILE                                          a path, from the working folder where it is relative
 *     redis://[USER:PASSWORD@]HOST[:6379][/DATABASE]       also with :PASSWORD@ alone
 *     redis+sentinel://[USER:PASSWORD@]HOST[:26379],HOST…/NAME[/DATABASE][?sentinel_username=…&sentinel_password=…]
 *     redis+cluster://[USER:PASSWORD@]HOST[:6379],HOST…    a cluster has one database, number 0
 *
 * The hosts of `redis+sentinel` are Sentinels, and NAME is what they call the master; user and password are for the
 * servers behind them, `sentinel_username` and `sentinel_password` for the Sentinels. The hosts of `redis+cluster` are
 * some nodes of the cluster; the others are learnt from them. With `rediss` in place of `redis` every connection uses
 * TLS, and the certificate has to be valid for the host and signed by an authority that Node.js knows
 * (`NODE_EXTRA_CA_CERTS` adds one).
 */
export function parseStoreLocation(text: string): StoreLocation | LocationProblem {
  if (text === 'memory') return { kind: 'memory' };
  if (text.startsWith('sqlite:')) return parseSqliteLocation(text.slice('sqlite:'.length));
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/is.exec(text);
  if (match === null) return { problem: forms };
  const [, scheme = '', authority = '', path = '', query = ''] = match;
  const kind = /^redis(s?)(?:\+(sentinel|cluster))?$/.exec(scheme.toLowerCase());
  if (kind === null) return { problem: `${forms}, not with ${scheme}://` };
  const mode = kind[2] === 'sentinel' || kind[2] === 'cluster' ? kind[2] : 'single';
  try {
    return parseRedis({ mode, tls: kind[1] === 's', authority, path, query });
  } catch (error) {
    if (error instanceof LocationError) return { problem: error.message };
    throw error;
  }
}

/** A location as it may be shown: without user name and password. */
export function describeStoreLocation(location: StoreLocation): string {
  if (location.kind === 'memory') return 'memory';
  if (location.kind === 'sqlite') return `sqlite:${location.file}`;
  const { mode, tls, nodes, masterName, database } = location;
  const hosts = nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  const name = mode === 'sentinel' ? `/${encodeURIComponent(masterName)}` : '';
  const scheme = `redis${tls ? 's' : ''}${mode === 'single' ? '' : `+${mode}`}`;
  return `${scheme}://${hosts.join(',')}${name}${database === 0 ? '' : `/${database}`}`;
}

class LocationError extends Error {}

function parseSqliteLocation(file: string): StoreLocation | LocationProblem {
  if (file === '' || file === ':memory:' || file.startsWith('//')) {
    return { problem: 'expected the path of a file after sqlite:, such as sqlite:./data/sluice.db; or memory' };
  }
  return file.includes('\0') ? { problem: 'the path after sqlite: holds a NUL character' } : { kind: 'sqlite', file };
}

function parseRedis(parts: {
  mode: RedisLocation['mode'];
  tls: boolean;
  authority: string;
  path: string;
  query: string;
}): RedisLocation {
  const { mode, tls, authority, path, query } = parts;
  const at = authority.lastIndexOf('@');
  const [username, password] = parseCredentials(authority.slice(0, Math.max(at, 0)));
  const defaultPort = mode === 'sentinel' ? 26_379 : 6_379;
  const hosts = authority.slice(at + 1).split(',');
  if (mode === 'single' && hosts.length > 1) {
    throw new LocationError('redis:// has one host; several belong to redis+sentinel:// or redis+cluster://');
  }
  const nodes = hosts.map((host) => parseNode(host, defaultPort));
  const segments = path.split('/');
  const masterName = mode === 'sentinel' ? decode(segments.shift() ?? '', 'the name of the master') : '';
  if (mode === 'sentinel' && masterName === '') {
    throw new LocationError('expected the name of the master after the Sentinels: redis+sentinel://HOST,HOST/NAME');
  }
  const database = parseDatabase(segments.join('/'));
  if (mode === 'cluster' && database !== 0) {
    throw new LocationError('a Redis cluster has only the database 0: leave the number out');
  }
  const sentinel = parseQuery(query, mode);
  return {
    kind: 'redis',
    mode,
    nodes,
    tls,
    username,
    password,
    database,
    masterName,
    sentinelUsername: sentinel.get('sentinel_username') ?? null,
    sentinelPassword: sentinel.get('sentinel_password') ?? null,
  };
}

function parseCredentials(text: string): [username: string | null, password: string | null] {
  if (text === '') return [null, null];
  const colon = text.indexOf(':');
  if (colon < 0) throw new LocationError('expected USER:PASSWORD@ or :PASSWORD@ before the host');
  const username = decode(text.slice(0, colon), 'the user name');
  const password = decode(text.slice(colon + 1), 'the password');
  if (username !== '' && password === '') throw new LocationError('the user name has no password');
  return [username === '' ? null : username, password === '' ? null : password];
}

function parseNode(text: string, defaultPort: number): RedisNode {
  const match = /^(?:\[([^\]]*)\]|([a-z0-9_.-]+))(?::(\d{1,5}))?$/i.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const looksNumeric = /(?:^|\.)\d+$/.test(host);
  if (host === '' || (match?.[1] !== undefined && !isIPv6(host)) || (looksNumeric && !isIPv4(host))) {
    throw new LocationError(`expected HOST or HOST:PORT for each host, with brackets around IPv6; ${escapeHint}`);
  }
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (port < 1 || port > 65_535) throw new LocationError('expected a port from 1 to 65535');
  return { host: host.toLowerCase(), port };
}

function parseDatabase(text: string): number {
  if (text === '') return 0;
  const database = /^\d{1,5}$/.test(text) ? Number(text) : Infinity;
  if (database <= highestDatabase) return database;
  throw new LocationError(`expected the number of a database as the last part of the path; ${escapeHint}`);
}

function parseQuery(query: string, mode: RedisLocation['mode']): Map<string, string> {
  const values = new Map<string, string>();
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0));
    if (mode !== 'sentinel' || !['sentinel_username', 'sentinel_password'].includes(name)) {
      throw new LocationError(
        `after ?, only redis+sentinel:// has parameters: sentinel_username and sentinel_password; ${escapeHint}`,
      );
    }
    values.set(name, decode(pair.slice(equals + 1), name));
  }
  return values;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new LocationError(`${what} holds a % that begins no escape: write it as %25`);
  }
}
