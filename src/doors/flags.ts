import { parseTargetUrl } from '../config/address.ts';
import { documentFromValue, type Document } from '../config/document.ts';
import { formatPath, pathKey, type DocumentPath } from '../config/document-path.ts';
import type { Issue, Label } from '../config/issues.ts';
import { describeValue } from '../config/secrets.ts';

/** The flags of a gateway, and what counts where one is not given; null leaves it to the configuration language. */
export const flagDefaults = {
  port: '8080',
  backends: 'http://localhost:8081,http://localhost:8082',
  'rate-limit': '100',
  'key-rate-limit': '1000',
  keys: 'key-test-1,key-test-2,key-admin',
  'log-file': 'gateway.log',
  'health-interval': '10s',
  workers: null,
} as const;

export type FlagName = keyof typeof flagDefaults;

export const flagNames = Object.keys(flagDefaults) as readonly FlagName[];

/** The flags that were given, without dashes, as they were written. */
export type FlagValues = Readonly<Partial<Record<FlagName, string>>>;

const largestPort = 65_535;
/** One request a microsecond: the buckets count in whole ones. */
const largestRate = 60_000_000;
const longestKey = 256;

const targetsPath: DocumentPath = ['upstreams', 'backends', 'targets'];

/** What of the document each flag has made; the first that fits counts. */
const places: readonly (readonly [flag: FlagName, path: DocumentPath])[] = [
  ['port', ['listeners']],
  ['health-interval', ['upstreams', 'backends', 'health']],
  ['backends', ['upstreams']],
  ['keys', ['keys']],
  ['rate-limit', ['policies', 1]],
  ['key-rate-limit', ['policies', 2]],
  ['log-file', ['access_log']],
  ['workers', ['workers']],
];

/**
 * The configuration that flags stand for: one listener, one route, and the backends behind it; an API key that may be
 * left out, and limits by client address and by key. Its issues, and those that are found in it later, have the flag
 * (`-port`) for a location.
 */
export function documentFromFlags(values: FlagValues): Document {
  const reader = new FlagReader(values);
  const port = reader.wholeNumber('port', 0, largestPort);
  const rateLimit = reader.wholeNumber('rate-limit', 1, largestRate);
  const keyRateLimit = reader.wholeNumber('key-rate-limit', 1, largestRate);
  const workers = values.workers;
  const keys = reader.keys();
  const value = {
    listeners: [{ address: `0.0.0.0:${port}` }],
    admin: { address: 'main', endpoints: 'no-admin' },
    // Whatever is no number is left for the schema to refuse.
    ...(workers === undefined ? {} : { workers: /^\d{1,15}$/.test(workers) ? Number(workers) : workers }),
    access_log: { file: reader.logFile() },
    keys: keys.map((key) => ({ name: key, secret: key })),
    upstreams: {
      backends: {
        targets: reader.backends(),
        balance: 'round-robin',
        health: { interval: reader.text('health-interval') },
        breaker: false,
        retry: false,
      },
    },
    policies: [
      { api_key: { required: false, bearer: false } },
      { rate_limit: { by: 'ip', limit: `${rateLimit}/min`, burst: rateLimit, anonymous_only: true } },
      { rate_limit: { by: 'key', limit: `${keyRateLimit}/min`, burst: keyRateLimit } },
    ],
    routes: [{ name: 'all', match: { path: '/*' }, upstream: 'backends' }],
  };
  return {
    ...documentFromValue(value, 'flags'),
    locate: locateFlag,
    originOf: (path) => describeOrigin(path, values),
    // What logs call such a key is the key itself.
    secrets: new Set(keys.map((_, index) => pathKey(['keys', index, 'name']))),
    issues: reader.issues,
  };
}

/** What of the document comes from each flag alone; the rest is the same with all flags. */
const origins: readonly (readonly [flag: FlagName, path: DocumentPath])[] = [
  ['port', ['listeners', 0, 'address']],
  ['health-interval', ['upstreams', 'backends', 'health', 'interval']],
  ['backends', targetsPath],
  ['keys', ['keys']],
  ['rate-limit', ['policies', 1, 'rate_limit', 'limit']],
  ['rate-limit', ['policies', 1, 'rate_limit', 'burst']],
  ['key-rate-limit', ['policies', 2, 'rate_limit', 'limit']],
  ['key-rate-limit', ['policies', 2, 'rate_limit', 'burst']],
  ['log-file', ['access_log', 'file']],
  ['workers', ['workers']],
];

function describeOrigin(path: DocumentPath, values: FlagValues): string {
  const origin = origins.find(([, prefix]) => prefix.every((step, index) => path[index] === step));
  if (origin === undefined) return 'flags';
  return values[origin[0]] === undefined ? `default (-${origin[0]})` : `-${origin[0]}`;
}

function locateFlag(path: DocumentPath): Label {
  const place = places.find(([, prefix]) => prefix.every((step, index) => path[index] === step));
  return { label: place === undefined ? 'flags' : `-${place[0]}` };
}

/** Reads the flags one by one; in the place of a value that is wrong it notes an issue and gives the default. */
class FlagReader {
  readonly issues: Issue[] = [];
  readonly #values: FlagValues;

  constructor(values: FlagValues) {
    this.#values = values;
  }

  text(flag: Exclude<FlagName, 'workers'>): string {
    return this.#values[flag] ?? flagDefaults[flag];
  }

  wholeNumber(flag: 'port' | 'rate-limit' | 'key-rate-limit', smallest: number, largest: number): number {
    const text = this.text(flag);
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= smallest && number <= largest) return number;
    const expected = `expected a whole number from ${smallest} to ${largest}`;
    this.#complain(flag, `${expected}, got ${describeValue(text, false)}`);
    return Number(flagDefaults[flag]);
  }

  /** The schema refuses what is no target; this refuses what it would speak of in the words of a file. */
  backends(): string[] {
    const seen = new Set<string>();
    const backends = splitList(this.text('backends'));
    for (const [index, backend] of backends.entries()) {
      const path = [...targetsPath, index];
      if (backend === '') this.#complain('backends', 'expected URLs with commas between them; one is empty', path);
      const target = parseTargetUrl(backend);
      if ('problem' in target) continue;
      if (seen.has(target.url)) {
        this.#complain('backends', `${target.url} is there twice: remove one of them`, path);
      }
      seen.add(target.url);
    }
    return backends;
  }

  /** Without the ones that are there twice. An empty text means that there are none. */
  keys(): string[] {
    const text = this.text('keys');
    const keys = text.trim() === '' ? [] : splitList(text);
    const wrong = keys.findIndex((key) => !/^[!-~]+$/.test(key) || key.length > longestKey);
    if (wrong === -1) return [...new Set(keys)];
    // A key is not to be shown, so its place has to do.
    this.#complain(
      'keys',
      `expected 1 to ${longestKey} visible ASCII characters without a space for each key; number ${wrong + 1} is not so`,
    );
    return [];
  }

  logFile(): string {
    const file = this.text('log-file');
    if (file !== '') return file;
    this.#complain('log-file', 'expected a file, - for the standard output, or /dev/null for no log');
    return flagDefaults['log-file'];
  }

  #complain(flag: FlagName, message: string, path: DocumentPath = []): void {
    this.issues.push({ path: formatPath(path), message, location: { label: `-${flag}` } });
  }
}

function splitList(text: string): string[] {
  return text.split(',').map((entry) => entry.trim());
}
