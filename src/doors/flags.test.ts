import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssues } from '../config/issues.ts';
import { documentFromFlags, flagDefaults, flagNames, type FlagValues } from './flags.ts';

function valueOf(values: FlagValues): Record<string, unknown> {
  const { value, issues } = documentFromFlags(values);
  assert.deepEqual(issues, []);
  return value as Record<string, unknown>;
}

function issuesOf(values: FlagValues): string {
  return formatIssues(documentFromFlags(values).issues);
}

describe('the document that flags stand for', () => {
  test('has the defaults of the flags that are not given', () => {
    assert.deepEqual(valueOf({}), {
      listeners: [{ address: '0.0.0.0:8080' }],
      admin: { address: 'main', endpoints: 'no-admin' },
      access_log: { file: 'gateway.log' },
      keys: [
        { name: 'key-test-1', secret: 'key-test-1' },
        { name: 'key-test-2', secret: 'key-test-2' },
        { name: 'key-admin', secret: 'key-admin' },
      ],
      upstreams: {
        backends: {
          targets: ['http://localhost:8081', 'http://localhost:8082'],
          balance: 'round-robin',
          health: { interval: '10s' },
          breaker: false,
          retry: false,
        },
      },
      policies: [
        { api_key: { required: false, bearer: false } },
        { rate_limit: { by: 'ip', limit: '100/min', burst: 100, anonymous_only: true } },
        { rate_limit: { by: 'key', limit: '1000/min', burst: 1000 } },
      ],
      routes: [{ name: 'all', match: { path: '/*' }, upstream: 'backends' }],
    });
  });

  test('has what the flags say', () => {
    assert.partialDeepStrictEqual(
      valueOf({
        port: '0',
        backends: 'http://a:1, http://b:2',
        'rate-limit': '200',
        'key-rate-limit': '2000',
        keys: 'one, two',
        'log-file': '-',
        'health-interval': '500ms',
        workers: '3',
      }),
      {
        listeners: [{ address: '0.0.0.0:0' }],
        workers: 3,
        access_log: { file: '-' },
        keys: [
          { name: 'one', secret: 'one' },
          { name: 'two', secret: 'two' },
        ],
        upstreams: { backends: { targets: ['http://a:1', 'http://b:2'], health: { interval: '500ms' } } },
        policies: [
          {},
          { rate_limit: { limit: '200/min', burst: 200 } },
          { rate_limit: { limit: '2000/min', burst: 2000 } },
        ],
      },
    );
  });

  test('has no keys for an empty text, and a key that is there twice once', () => {
    assert.deepEqual(valueOf({ keys: '' })['keys'], []);
    assert.deepEqual(valueOf({ keys: ' ' })['keys'], []);
    assert.deepEqual(valueOf({ keys: 'a,a' })['keys'], [{ name: 'a', secret: 'a' }]);
  });

  test('is located by the flag that each part of it comes from', () => {
    const document = documentFromFlags({});
    const labels = [
      ['listeners', 0, 'address'],
      ['upstreams', 'backends', 'targets', 1],
      ['upstreams', 'backends', 'health', 'interval'],
      ['policies', 1, 'rate_limit', 'burst'],
      ['policies', 2, 'rate_limit', 'limit'],
      ['keys', 0, 'name'],
      ['access_log'],
      ['workers'],
      ['routes'],
    ].map((path) => document.locate(path));
    const flags = [
      'port',
      'backends',
      'health-interval',
      'rate-limit',
      'key-rate-limit',
      'keys',
      'log-file',
      'workers',
    ];
    assert.deepEqual(labels, [...flags.map((flag) => ({ label: `-${flag}` })), { label: 'flags' }]);
    assert.deepEqual(flags.toSorted(), flagNames.toSorted());
  });
});

describe('a flag with a wrong value', () => {
  for (const port of ['', 'abc', '-1', '1.5', '65536', ':8080', '9'.repeat(30)]) {
    test(`is named when it is -port ${JSON.stringify(port.slice(0, 8))}`, () => {
      assert.equal(issuesOf({ port }), `-port: expected a whole number from 0 to 65535, got "${port}"`);
    });
  }

  test('is named when it is a rate', () => {
    for (const flag of ['rate-limit', 'key-rate-limit'] as const) {
      for (const rate of ['0', '60000001', '100/min', '']) {
        assert.equal(issuesOf({ [flag]: rate }), `-${flag}: expected a whole number from 1 to 60000000, got "${rate}"`);
      }
    }
  });

  test('is named when it is a backend that is there twice, in whichever way it is written', () => {
    assert.equal(
      issuesOf({ backends: 'http://a:80,http://b,http://A/' }),
      '-backends: upstreams.backends.targets[2]: http://a:80 is there twice: remove one of them',
    );
  });

  test('is named when a backend is empty', () => {
    for (const [backends, index] of [
      ['', 0],
      ['http://a,', 1],
      ['http://a, ,http://b', 1],
    ] as const) {
      assert.equal(
        issuesOf({ backends }),
        `-backends: upstreams.backends.targets[${index}]: expected URLs with commas between them; one is empty`,
      );
    }
  });

  test('is named when it is a key, which is not shown', () => {
    for (const key of ['', 'a b', 'clé', 'x'.repeat(257)]) {
      assert.equal(
        issuesOf({ keys: `good,${key},good` }),
        '-keys: expected 1 to 256 visible ASCII characters without a space for each key; number 2 is not so',
      );
    }
  });

  test('is named when it is an empty file', () => {
    assert.match(issuesOf({ 'log-file': '' }), /^-log-file: expected a file, - for the standard output/);
  });

  test('is told together with all others, and its default stands in the document', () => {
    const { issues, value } = documentFromFlags({ port: 'x', keys: ',', 'rate-limit': 'y' });
    assert.deepEqual(
      issues.map(({ location }) => location),
      [{ label: '-port' }, { label: '-rate-limit' }, { label: '-keys' }],
    );
    assert.partialDeepStrictEqual(value, { listeners: [{ address: `0.0.0.0:${flagDefaults.port}` }] });
  });
});
