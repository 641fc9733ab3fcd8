import { isIP, isIPv6 } from 'node:net';
import { isHostName } from '../config/address.ts';
import { documentFromValue, type Document } from '../config/document.ts';
import { pathKey, type DocumentPath } from '../config/document-path.ts';
import type { Issue, Label } from '../config/issues.ts';
import { describeValue } from '../config/secrets.ts';
import type { LogLevel } from '../core/ports.ts';
import type { EnvironmentFile } from './environment-file.ts';
import { readDestinations, type Destination } from './environment-destinations.ts';
import { describeVariableOrigin, failureVariables } from './environment-origins.ts';
import { VariableReader } from './environment-reader.ts';
import type { EnvironmentVariables, VariableName } from './environment-variables.ts';

/** What variables stand for. */
export interface EnvironmentDocument extends Document {
  /** How much of its own log the gateway writes. */
  readonly logLevel: LogLevel;
  /** What is no error, but may not be what was meant. */
  readonly warnings: readonly Issue[];
}

const logLevels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];
const largestPort = 65_535;
/** One request a microsecond: the buckets count in whole ones. */
const largestRate = 60_000_000;
const largestBurst = 1_000_000_000;
const largestDatabase = 65_535;
/** A timer takes at most 2^31 - 1 ms. */
const longestSeconds = 2_145_600;
const longestMs = longestSeconds * 1000;

/** What of the document each variable has made; the first that fits counts. */
const places: readonly (readonly [variable: VariableName, path: DocumentPath])[] = [
  ['HOST', ['listeners']],
  ['ADMIN_USERNAME', ['admin', 'auth', 'username']],
  ['ADMIN_PASSWORD', ['admin', 'auth', 'password']],
  ['TRUSTED_PROXIES', ['trusted_proxies']],
  ['SHUTDOWN_TIMEOUT', ['shutdown_timeout']],
  ['WORKERS', ['workers']],
  ['RATE_LIMIT_BURST', ['policies', 2, 'rate_limit', 'burst']],
  ['RATE_LIMIT_BURST', ['policies', 3, 'rate_limit', 'burst']],
  ['RATE_LIMIT_RPM', ['policies', 2]],
  ['RATE_LIMIT_RPM', ['policies', 3]],
];

/**
 * The configuration that environment variables stand for: one listener that serves the gateway's own endpoints too, an
 * upstream and a route for each service, an API key that may be left out, and one limit by client address or by key.
 * Its issues, and those that are found in it later, have the variable for a location. What `variables` has goes before
 * what the file has.
 */
export function documentFromEnvironment(
  variables: EnvironmentVariables,
  file: EnvironmentFile | null = null,
): EnvironmentDocument {
  const reader = new VariableReader(variables, file);
  const services = readDestinations(reader);
  const store = readStore(reader);
  const failures = { breaker: readBreaker(reader), retry: readRetry(reader) };
  const value = {
    listeners: [{ address: readAddress(reader) }],
    admin: readAdmin(reader),
    ...(reader.optional('WORKERS') === null ? {} : { workers: reader.uncheckedNumber('WORKERS') }),
    trusted_proxies: readTrustedProxies(reader),
    shutdown_timeout: reader.text('SHUTDOWN_TIMEOUT'),
    store: store.location,
    access_log: { file: '-' },
    policies: readPolicies(reader),
    upstreams: Object.fromEntries(
      services.map(({ name, targets, balance }) => [name, { targets, balance, ...failures }]),
    ),
    routes: services.map(({ name, pattern }) => ({ name, match: { path: pattern }, upstream: name })),
  };
  const logLevel = reader.choice('LOG_LEVEL', logLevels, 'info');
  const unknown = reader.findUnknown();
  return {
    ...documentFromValue(value, 'environment'),
    locate: (path) => locateVariable(path, { reader, services, store: store.variable }),
    originOf: (path) => describeVariableOrigin(path, { reader, services, store: store.variables }),
    secrets: new Set(store.location.includes('@') ? [pathKey(['store'])] : []),
    texts: new Map([
      [pathKey(['admin', 'auth', 'password']), '${ADMIN_PASSWORD}'],
      ...(store.text === null ? [] : [[pathKey(['store']), store.text] as const]),
    ]),
    issues: reader.issues,
    logLevel,
    warnings: unknown.map((name) => ({
      path: '',
      message: 'Sluice knows no such variable and passes over it',
      location: { label: reader.label(name) },
    })),
  };
}

function locateVariable(
  path: DocumentPath,
  ctx: { reader: VariableReader; services: readonly Destination[]; store: VariableName },
): Label {
  const { reader, services, store } = ctx;
  const place = places.find(([, prefix]) => prefix.every((step, index) => path[index] === step));
  if (place !== undefined) return { label: reader.label(place[0]) };
  if (path[0] === 'store') return { label: reader.label(store) };
  const failurePlace = path[0] === 'upstreams' ? failureVariables[String(path[3])] : undefined;
  if (failurePlace !== undefined) return { label: reader.label(failurePlace) };
  const service =
    path[0] === 'routes'
      ? services[Number(path[1])]
      : services.find(({ name }) => path[0] === 'upstreams' && name === path[1]);
  if (service === undefined) return { label: 'environment' };
  return { label: reader.label(path[2] === 'balance' ? service.balanceVariable : service.variable) };
}

function readAddress(reader: VariableReader): string {
  const port = reader.wholeNumber('PORT', { smallest: 0, largest: largestPort });
  const host = readHost(reader, 'HOST', 'an IP address or a host name such as 0.0.0.0 or localhost') ?? '0.0.0.0';
  return `${host}:${port}`;
}

/** A host with brackets around IPv6. */
function readHost(reader: VariableReader, name: 'HOST' | 'REDIS_HOST', expected: string): string | null {
  const text = reader.optional(name);
  if (text === null) return null;
  const host = text.replace(/^\[(.*)\]$/, '$1');
  if (isIPv6(host)) return `[${host}]`;
  if (isIP(host) !== 0 || isHostName(host)) return host;
  reader.complain(name, `expected ${expected}, without scheme and port, got ${describeValue(text, false)}`);
  return null;
}

function readAdmin(reader: VariableReader): object {
  const common = { address: 'main', endpoints: 'all' };
  const enabled = reader.choice('ADMIN_AUTH_ENABLED', ['true', 'false'], 'true');
  const username = reader.text('ADMIN_USERNAME');
  // RFC 7617, section 2: the first colon ends the name.
  if (username.includes(':')) reader.complain('ADMIN_USERNAME', 'a user name cannot have a colon in it');
  if (enabled === 'false') return common;
  const password = reader.optionalSecret('ADMIN_PASSWORD') || null;
  if (password === null) {
    reader.complain(
      'ADMIN_PASSWORD',
      'is required, since ADMIN_AUTH_ENABLED is true: set it to the password for /admin, ' +
        'or set ADMIN_AUTH_ENABLED=false to leave /admin open to everybody',
    );
  }
  // The stand-in is never used: there is an issue.
  return { ...common, auth: { username, password: password ?? 'missing' } };
}

function readTrustedProxies(reader: VariableReader): string[] {
  const text = reader.optional('TRUSTED_PROXIES');
  return text === null ? [] : text.split(',').map((entry) => entry.trim());
}

const redisVariables = ['REDIS_HOST', 'REDIS_PORT', 'REDIS_DB', 'REDIS_PASSWORD'] as const;

interface WrittenStore {
  readonly location: string;
  /** What stands for it in a file, with variables for what is secret; null where no variable can. */
  readonly text: string | null;
  /** The one that issues speak of. */
  readonly variable: VariableName;
  readonly variables: readonly VariableName[];
}

/** STORE says where; without it REDIS_HOST does; without both it is a file in the data folder. */
function readStore(reader: VariableReader): WrittenStore {
  const redis = readRedis(reader);
  const store = reader.optional('STORE');
  if (store !== null) return { location: store, text: '${STORE}', variable: 'STORE', variables: ['STORE'] };
  if (redis !== null) return { ...redis, variable: 'REDIS_HOST', variables: redisVariables };
  const folder = reader.text('SLUICE_DATA').replace(/\/+$/, '');
  return { location: `sqlite:${folder}/sluice.db`, text: null, variable: 'SLUICE_DATA', variables: ['SLUICE_DATA'] };
}

function readRedis(reader: VariableReader): Pick<WrittenStore, 'location' | 'text'> | null {
  const port = reader.wholeNumber('REDIS_PORT', { smallest: 1, largest: largestPort });
  const database = reader.wholeNumber('REDIS_DB', { smallest: 0, largest: largestDatabase });
  const host = readHost(reader, 'REDIS_HOST', 'an IP address or a host name such as localhost');
  if (host === null) return null;
  const password = reader.optionalSecret('REDIS_PASSWORD') || null;
  // What looks for credentials in a text to hide them would stop at a quote.
  const encoded = password === null ? '' : encodeURIComponent(password).replaceAll("'", '%27');
  const locate = (credentials: string) => `redis://${credentials}${host}:${port}/${database}`;
  const location = locate(password === null ? '' : `:${encoded}@`);
  // The variable itself may only stand in a URL where it needs no encoding there.
  return { location, text: encoded === password ? locate(':${REDIS_PASSWORD}@') : null };
}

function readPolicies(reader: VariableReader): object[] {
  const rate = reader.wholeNumber('RATE_LIMIT_RPM', { smallest: 1, largest: largestRate });
  const burst = reader.wholeNumber('RATE_LIMIT_BURST', { smallest: 1, largest: largestBurst });
  return [
    { cors: { origins: ['*'] } },
    { api_key: { required: false, bearer: true } },
    { rate_limit: { by: 'ip', limit: `${rate}/min`, burst, anonymous_only: true } },
    { rate_limit: { by: 'key', limit: `${rate}/min`, burst } },
  ];
}

function readBreaker(reader: VariableReader): object {
  const timeout = reader.wholeNumber('CB_RESET_TIMEOUT_SECONDS', { smallest: 1, largest: longestSeconds });
  return {
    max_failures: reader.uncheckedNumber('CB_MAX_FAILURES'),
    reset_timeout: `${timeout}s`,
    half_open_requests: reader.uncheckedNumber('CB_HALF_OPEN_MAX_REQUESTS'),
    success_threshold: reader.uncheckedNumber('CB_SUCCESS_THRESHOLD'),
  };
}

function readRetry(reader: VariableReader): object | false {
  const attempts = reader.uncheckedNumber('RETRY_MAX_RETRIES');
  const initialMs = reader.wholeNumber('RETRY_INITIAL_DELAY_MS', { smallest: 0, largest: longestMs });
  const longestDelayMs = reader.wholeNumber('RETRY_MAX_DELAY_MS', { smallest: 0, largest: longestMs });
  const options = {
    attempts,
    initial_delay: `${initialMs}ms`,
    max_delay: `${longestDelayMs}ms`,
    multiplier: reader.uncheckedNumber('RETRY_MULTIPLIER'),
    jitter: reader.uncheckedNumber('RETRY_JITTER_FACTOR'),
  };
  return attempts === 0 ? false : options;
}
