import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  array,
  assert as assertProperty,
  constantFrom,
  double,
  maxSafeNat,
  nat,
  oneof,
  property,
  record as recordOf,
  string,
  tuple,
  uint8Array,
} from 'fast-check';
import type { ErrorCode } from '../core/error-codes.ts';
import { AccessLine, type LoggedRequest } from './access-line.ts';

interface Told {
  readonly wallTimeMs: number;
  readonly method: string;
  readonly path: string;
  readonly clientIp: string;
  readonly apiKey: string;
  readonly status: number;
  readonly durationMs: number;
  readonly backend: string;
  readonly error: ErrorCode | '';
  readonly requestId: string;
  readonly route: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly retries: number;
  readonly shadow: ErrorCode | '';
}

const record: Told = {
  wallTimeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  method: 'GET',
  path: '/api/data',
  clientIp: '10.0.0.9',
  apiKey: 'key-test-1',
  status: 200,
  durationMs: 5.2349,
  backend: 'http://10.0.0.1:8082',
  error: '',
  requestId: '0123456789abcdef0123456789abcdef',
  route: 'users',
  bytesIn: 12,
  bytesOut: 3456,
  retries: 1,
  shadow: '',
};

function requestOf(told: Told): LoggedRequest {
  const { method, path, clientIp, requestId, retries } = told;
  return {
    head: { method, path: `/x/..${path}` },
    path,
    clientIp,
    consumer: told.apiKey === '' ? null : { name: told.apiKey },
    route: told.route === '' ? null : { name: told.route, internal: false },
    forward: { target: told.backend === '' ? null : { url: told.backend }, retries },
    errorCode: told.error === '' ? null : told.error,
    shadowRefusal: told.shadow === '' ? null : told.shadow,
    requestId,
    requestBody: { received: told.bytesIn },
    response: { bodyBytes: told.bytesOut },
  };
}

/** One for all tests: none may depend on what was logged before. */
const accessLine = new AccessLine();

function lineOf({ status, durationMs, wallTimeMs }: Told, request: LoggedRequest): string {
  accessLine.write(request, status, durationMs, wallTimeMs);
  return accessLine.memory.toString('utf8', 0, accessLine.length);
}

function write(changes: Partial<Told>): string {
  const told = { ...record, ...changes };
  return lineOf(told, requestOf(told));
}

type Line = Record<string, string | number>;

function parse(changes: Partial<Told>): Line {
  return JSON.parse(write(changes)) as Line;
}

/** Text as it comes from the wire: one character a byte. */
function wire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

test('a line has the fields of the contract, in its order, and ends with a line feed', () => {
  assert.equal(
    write({}),
    '{"timestamp":"2026-01-02T03:04:05.006Z","method":"GET","path":"/api/data","client_ip":"10.0.0.9",' +
      '"api_key":"key-test-1","status_code":200,"response_time_ms":"5.23","backend":"http://10.0.0.1:8082","error":"",' +
      '"request_id":"0123456789abcdef0123456789abcdef","route":"users","bytes_in":12,"bytes_out":3456,"retries":1}\n',
  );
});

const anyText = oneof(
  string({ unit: 'binary' }),
  string({ unit: nat(0xffff).map((code) => String.fromCharCode(code)) }),
  string({
    unit: constantFrom('"', '\\', '\n', '\r', '\u0000', '\u007f', '\u009b', '\u2028', '\ud800', '\udc00', '😀', 'a'),
  }),
);

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8: logged byte by byte.
    return Buffer.from(bytes).toString('latin1');
  }
}

test('whatever text a request brings, the line is one line of valid JSON that gives it back', () => {
  const path = uint8Array({ minLength: 1, maxLength: 40 });
  assertProperty(
    property(tuple(anyText, anyText, anyText, anyText, anyText, anyText), path, (texts, pathBytes) => {
      const [method, clientIp, apiKey, backend, requestId, route] = texts;
      const changes = { method, clientIp, apiKey, backend, requestId, route };
      const line = write({ ...changes, path: Buffer.from(pathBytes).toString('latin1') });
      assert.equal(line.indexOf('\n'), line.length - 1);
      assert.ok(line.isWellFormed());
      const parsed = JSON.parse(line) as Line;
      assert.deepEqual(
        ['method', 'client_ip', 'api_key', 'backend', 'request_id', 'route', 'path'].map((name) => parsed[name]),
        [...texts, textOf(pathBytes)],
      );
    }),
    { numRuns: 2000 },
  );
});

const escapeLetters: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const hidden = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

function codeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What a line is by its definition: JSON in which everything hidden stands by its number. */
function expectedLine(told: Told): string {
  const json = JSON.stringify({
    timestamp: new Date(Math.floor(told.wallTimeMs)).toISOString(),
    method: told.method,
    path: textOf(Buffer.from(told.path, 'latin1')),
    client_ip: told.clientIp,
    api_key: told.apiKey,
    status_code: told.status,
    response_time_ms: (Math.round(told.durationMs * 100) / 100).toFixed(2),
    backend: told.backend,
    error: told.error,
    request_id: told.requestId,
    route: told.route,
    bytes_in: told.bytesIn,
    bytes_out: told.bytesOut,
    retries: told.retries,
    ...(told.shadow === '' ? {} : { shadow: told.shadow }),
  });
  const byNumber = json.replaceAll(/\\(.)/g, (escape, letter: string) => {
    const character = escapeLetters[letter];
    return character === undefined ? escape : codeEscape(character);
  });
  return `${byNumber.replaceAll(hidden, codeEscape)}\n`;
}

test('a line is that of its request to the byte, whichever lines were written before it', () => {
  const ascii = string({ unit: 'binary-ascii', maxLength: 40 });
  const long = nat(5000).map((length) => 'long '.repeat(length).slice(0, length));
  const name = oneof(constantFrom('', 'a', 'bb', 'ccc', 'dd"dd', 'é', '顧客'), ascii, anyText, long);
  const bytes = uint8Array({ minLength: 1, maxLength: 40 }).map((path) => Buffer.from(path).toString('latin1'));
  const count = oneof(nat(), constantFrom(0, 9, 10, 99, 100, 999, 1000, 9999, 10_000), maxSafeNat());
  const error = constantFrom<ErrorCode | ''>('', '', 'rate_limited', 'client_closed', 'upstream_timeout');
  const told = recordOf<Told>({
    wallTimeMs: oneof(
      nat(5000).map((ms) => record.wallTimeMs + ms),
      double({ min: 0, max: 4e12, noNaN: true }),
    ),
    method: oneof(constantFrom('GET', 'PUT', 'POST'), name),
    path: oneof(
      constantFrom('/', '/a', '/api/data', '/api/café'),
      ascii.map((text) => `/${text}`),
      bytes,
      long.map((text) => `/${text}`),
    ),
    clientIp: name,
    apiKey: name,
    status: nat(999),
    durationMs: oneof(double({ min: 0, max: 200, noNaN: true }), double({ min: 0, max: 1e9, noNaN: true })),
    backend: name,
    error,
    requestId: name,
    route: name,
    bytesIn: count,
    bytesOut: count,
    retries: oneof(nat(3), count),
    shadow: error,
  });
  assertProperty(
    property(array(told, { minLength: 1, maxLength: 8 }), (lines) => {
      for (const line of lines) {
        assert.equal(write(line), expectedLine(line));
        assert.equal(write(line), expectedLine(line));
        assert.equal(write(record), expectedLine(record));
      }
    }),
    { numRuns: 500 },
  );
});

test('a long line makes no later one dearer', () => {
  write({ path: `/${'x'.repeat(100_000)}` });
  const line = write({});
  assert.ok(accessLine.memory.length < 3 * line.length, `${accessLine.memory.length} bytes for ${line.length}`);
});

test('the path stands as it came where none was normalised', () => {
  assert.equal((JSON.parse(lineOf(record, { ...requestOf(record), path: '' })) as Line)['path'], '/x/../api/data');
});

test('of an endpoint of the gateway no target is told', () => {
  const line = lineOf(record, { ...requestOf(record), route: { name: 'metrics', internal: true } });
  assert.match(line, /"backend":"","error"/);
});

test('a path in UTF-8 stands in the line as itself, one in another coding byte by byte', () => {
  assert.match(write({ path: wire('/café/日本/😀') }), /"path":"\/café\/日本\/😀"/);
  assert.match(write({ path: '/caf\u00e9' }), /"path":"\/café"/);
  assert.match(write({ path: '/\u0085\u00ff' }), /"path":"\/\\u0085ÿ"/);
});

test('names from the configuration are text, not bytes', () => {
  const { api_key: apiKey, route } = parse({ apiKey: 'Zoë Ã©', route: '顧客' });
  assert.deepEqual([apiKey, route], ['Zoë Ã©', '顧客']);
});

test('nothing in a line can steer a terminal', () => {
  const steering = '\u001b[2J\u007f\u009b\u00ad\u061c\u200b\u202e\u2066\u2028\ufeff';
  const line = write({ route: steering, path: wire(steering) });
  assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.equal((JSON.parse(line) as Line)['route'], steering);
});

test('the time is that of the record to the millisecond, whatever was logged before', () => {
  const times = double({ min: 0, max: Date.UTC(9999, 0), noNaN: true });
  assertProperty(
    property(times, double({ min: -2000, max: 2000, noNaN: true }), (first, step) => {
      for (const wallTimeMs of [first, Math.max(0, first + step), first]) {
        assert.equal(parse({ wallTimeMs })['timestamp'], new Date(Math.floor(wallTimeMs)).toISOString());
      }
    }),
  );
});

test('a duration has two decimals, rounded', () => {
  const expected: readonly [number, string][] = [
    [0, '0.00'],
    [0.004, '0.00'],
    [0.006, '0.01'],
    [0.994, '0.99'],
    [0.996, '1.00'],
    [7, '7.00'],
    [12.3, '12.30'],
    [59_999.999, '60000.00'],
    [4_294_967_296.5, '4294967296.50'],
    [-0.5, '0.00'],
  ];
  for (const [durationMs, text] of expected) assert.equal(parse({ durationMs })['response_time_ms'], text);
  assertProperty(
    property(double({ min: 0, max: 1e7, noNaN: true }), (durationMs) => {
      const text = String(parse({ durationMs })['response_time_ms']);
      assert.match(text, /^\d+\.\d\d$/);
      assert.ok(Math.abs(Number(text) - durationMs) <= 0.005_001);
    }),
  );
});
