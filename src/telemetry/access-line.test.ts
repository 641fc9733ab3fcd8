import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assert as assertProperty,
  constantFrom,
  double,
  nat,
  oneof,
  property,
  string,
  tuple,
  uint8Array,
} from 'fast-check';
import { accessLine, type AccessRecord } from './access-line.ts';

const record: AccessRecord = {
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

type Line = Record<string, string | number>;

function parse(changes: Partial<AccessRecord>): Line {
  return JSON.parse(accessLine({ ...record, ...changes })) as Line;
}

test('what a policy in shadow mode would have refused stands last, and only where there is any', () => {
  assert.deepEqual(Object.keys(parse({})).slice(-1), ['retries']);
  assert.deepEqual(Object.entries(parse({ shadow: 'rate_limited' })).slice(-2), [
    ['retries', 1],
    ['shadow', 'rate_limited'],
  ]);
  assert.equal(
    accessLine({ ...record, shadow: 'rate_limited' }).endsWith('"retries":1,"shadow":"rate_limited"}\n'),
    true,
  );
  assert.equal(accessLine(record).endsWith('"retries":1}\n'), true);
});

/** Text as it comes from the wire: one character a byte. */
function wire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

test('a line has the fields of the contract, in its order, and ends with a line feed', () => {
  assert.equal(
    accessLine(record),
    '{"timestamp":"2026-01-02T03:04:05.006Z","method":"GET","path":"/api/data","client_ip":"10.0.0.9",' +
      '"api_key":"key-test-1","status_code":200,"response_time_ms":"5.23","backend":"http://10.0.0.1:8082","error":"",' +
      '"request_id":"0123456789abcdef0123456789abcdef","route":"users","bytes_in":12,"bytes_out":3456,"retries":1}\n',
  );
});

test('whatever text a request brings, the line is one line of valid JSON that gives it back', () => {
  const text = oneof(
    string({ unit: 'binary' }),
    string({ unit: nat(0xffff).map((code) => String.fromCharCode(code)) }),
    string({
      unit: constantFrom('"', '\\', '\n', '\r', '\u0000', '\u007f', '\u009b', '\u2028', '\ud800', '\udc00', '😀', 'a'),
    }),
  );
  const path = uint8Array({ maxLength: 40 });
  assertProperty(
    property(tuple(text, text, text, text, text, text, text), path, (texts, pathBytes) => {
      const [method, clientIp, apiKey, backend, error, requestId, route] = texts;
      const latin1Path = Buffer.from(pathBytes).toString('latin1');
      const line = accessLine({
        ...record,
        method,
        clientIp,
        apiKey,
        backend,
        error,
        requestId,
        route,
        path: latin1Path,
      });
      assert.equal(line.indexOf('\n'), line.length - 1);
      assert.ok(line.isWellFormed());
      const parsed = JSON.parse(line) as Line;
      assert.deepEqual(
        [
          parsed['method'],
          parsed['client_ip'],
          parsed['api_key'],
          parsed['backend'],
          parsed['error'],
          parsed['request_id'],
          parsed['route'],
        ],
        texts,
      );
      let decoded = latin1Path;
      try {
        decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(pathBytes);
      } catch {
        // Not UTF-8: logged byte by byte.
      }
      assert.equal(parsed['path'], decoded);
    }),
    { numRuns: 2000 },
  );
});

test('a path in UTF-8 stands in the line as itself, one in another coding byte by byte', () => {
  assert.match(accessLine({ ...record, path: wire('/café/日本/😀') }), /"path":"\/café\/日本\/😀"/);
  assert.match(accessLine({ ...record, path: '/caf\u00e9' }), /"path":"\/café"/);
  assert.match(accessLine({ ...record, path: '/\u0085\u00ff' }), /"path":"\/\\u0085ÿ"/);
});

test('names from the configuration are text, not bytes', () => {
  const { api_key: apiKey, route } = parse({ apiKey: 'Zoë Ã©', route: '顧客' });
  assert.deepEqual([apiKey, route], ['Zoë Ã©', '顧客']);
});

test('nothing in a line can steer a terminal', () => {
  const steering = '\u001b[2J\u007f\u009b\u00ad\u061c\u200b\u202e\u2066\u2028\ufeff';
  const line = accessLine({ ...record, route: steering, path: wire(steering) });
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
