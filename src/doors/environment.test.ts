import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DocumentPath } from '../config/document-path.ts';
import { parseStoreLocation } from '../core/store-location.ts';
import { documentFromEnvironment } from './environment.ts';
import { failures, issuesOf, loadIssuesOf, password, valueOf } from './environment.fixture.ts';
import { variableDefaults, variableNames, type EnvironmentVariables } from './environment-variables.ts';

function storeOf(variables: EnvironmentVariables): unknown {
  return valueOf(variables)['store'];
}

describe('the document that variables stand for', () => {
  test('has the defaults of those that are not set', () => {
    assert.deepEqual(valueOf({}), {
      listeners: [{ address: '0.0.0.0:8081' }],
      admin: { address: 'main', endpoints: 'all', auth: { username: 'admin', password: 'secret' } },
      trusted_proxies: [],
      shutdown_timeout: '25s',
      store: 'sqlite:./data/sluice.db',
      access_log: { file: '-' },
      policies: [
        { cors: { origins: ['*'] } },
        { api_key: { required: false, bearer: true } },
        { rate_limit: { by: 'ip', limit: '60/min', burst: 10, anonymous_only: true } },
        { rate_limit: { by: 'key', limit: '60/min', burst: 10 } },
      ],
      upstreams: {
        'auth-service': { targets: ['http://localhost:8080'], balance: 'round-robin', ...failures },
        'user-service': { targets: ['http://localhost:8082'], balance: 'round-robin', ...failures },
      },
      routes: [
        { name: 'auth-service', match: { path: '/api/auth/*' }, upstream: 'auth-service' },
        { name: 'user-service', match: { path: '/api/users/*' }, upstream: 'user-service' },
      ],
    });
    assert.equal(loadIssuesOf({}), '');
  });

  test('is the same where every variable is set to its default, or is empty', () => {
    assert.deepEqual(
      valueOf(
        Object.fromEntries(
          variableNames
            .map((name) => [name, variableDefaults[name] ?? ''])
            .filter(([name]) => name !== 'ADMIN_PASSWORD'),
        ),
      ),
      valueOf({}),
    );
    assert.deepEqual(valueOf({ PORT: '', RATE_LIMIT_RPM: ' ', WORKERS: '', REDIS_HOST: '' }), valueOf({}));
  });

  test('has what the variables say', () => {
    const value = valueOf({
      HOST: '127.0.0.1',
      PORT: '0',
      RATE_LIMIT_RPM: '600',
      RATE_LIMIT_BURST: '20',
      CB_MAX_FAILURES: '7',
      CB_RESET_TIMEOUT_SECONDS: '5',
      CB_HALF_OPEN_MAX_REQUESTS: '1',
      CB_SUCCESS_THRESHOLD: '4',
      RETRY_MAX_RETRIES: '1',
      RETRY_INITIAL_DELAY_MS: '0',
      RETRY_MAX_DELAY_MS: '20',
      RETRY_MULTIPLIER: '1.5',
      RETRY_JITTER_FACTOR: '0',
      ADMIN_USERNAME: 'root',
      AUTH_SERVICE_URL: ' http://a:1 ',
      USER_SERVICE_URL: 'http://b:2/',
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      WORKERS: '3',
      SHUTDOWN_TIMEOUT: '5s',
      STORE: 'memory',
    });
    const stated = {
      breaker: { max_failures: 7, reset_timeout: '5s', half_open_requests: 1, success_threshold: 4 },
      retry: { attempts: 1, initial_delay: '0ms', max_delay: '20ms', multiplier: 1.5, jitter: 0 },
    };
    assert.partialDeepStrictEqual(value, {
      listeners: [{ address: '127.0.0.1:0' }],
      admin: { auth: { username: 'root' } },
      trusted_proxies: ['10.0.0.0/8', '::1'],
      workers: 3,
      shutdown_timeout: '5s',
      store: 'memory',
      policies: [
        {},
        {},
        { rate_limit: { limit: '600/min', burst: 20 } },
        { rate_limit: { limit: '600/min', burst: 20 } },
      ],
      upstreams: {
        'auth-service': { targets: ['http://a:1'], ...stated },
        'user-service': { targets: ['http://b:2/'], ...stated },
      },
    });
  });

  test('has no retries for RETRY_MAX_RETRIES=0', () => {
    const { upstreams } = valueOf({ RETRY_MAX_RETRIES: '0' });
    assert.partialDeepStrictEqual(upstreams, { 'auth-service': { retry: false }, 'user-service': { retry: false } });
  });

  test('asks for no credentials where ADMIN_AUTH_ENABLED is false, whatever the password', () => {
    for (const enabled of ['false', 'FALSE']) {
      const { admin } = valueOf({ ADMIN_AUTH_ENABLED: enabled });
      assert.deepEqual(admin, { address: 'main', endpoints: 'all' });
    }
    assert.equal(issuesOf({ ADMIN_AUTH_ENABLED: 'false', ADMIN_PASSWORD: '' }), '');
  });

  test('has a password to the letter, with its spaces', () => {
    assert.partialDeepStrictEqual(valueOf({ ADMIN_PASSWORD: ' a b ' }), { admin: { auth: { password: ' a b ' } } });
  });

  test('has the largest and the smallest values that the configuration language takes', () => {
    const extremes: EnvironmentVariables[] = [
      {
        PORT: '65535',
        RATE_LIMIT_RPM: '60000000',
        RATE_LIMIT_BURST: '1000000000',
        REDIS_PORT: '65535',
        REDIS_DB: '65535',
      },
      { CB_RESET_TIMEOUT_SECONDS: '2145600', RETRY_INITIAL_DELAY_MS: '2145600000', RETRY_MAX_DELAY_MS: '2145600000' },
      { CB_RESET_TIMEOUT_SECONDS: '1', RETRY_INITIAL_DELAY_MS: '0', RETRY_MAX_DELAY_MS: '0' },
      { SHUTDOWN_TIMEOUT: '0s', HOST: '::1' },
    ];
    for (const variables of extremes) {
      assert.equal(issuesOf(variables), '');
      assert.equal(loadIssuesOf(variables), '', JSON.stringify(variables));
    }
  });

  test('is located by the variable that each part of it comes from', () => {
    const document = documentFromEnvironment({
      ...password,
      USER_SERVICE_BACKENDS: 'http://a',
      SERVICES: 'x=/x=http://b',
    });
    const expected: readonly (readonly [string, DocumentPath])[] = [
      ['HOST', ['listeners', 0, 'address']],
      ['ADMIN_PASSWORD', ['admin', 'auth', 'password']],
      ['SLUICE_DATA', ['store']],
      ['AUTH_SERVICE_URL', ['upstreams', 'auth-service', 'targets', 0]],
      ['AUTH_SERVICE_STRATEGY', ['upstreams', 'auth-service', 'balance']],
      ['USER_SERVICE_BACKENDS', ['upstreams', 'user-service', 'targets', 0, 'url']],
      ['SERVICES', ['upstreams', 'x', 'targets', 0]],
      ['SERVICES', ['routes', 2, 'match', 'path']],
      ['RATE_LIMIT_BURST', ['policies', 3, 'rate_limit', 'burst']],
      ['RATE_LIMIT_RPM', ['policies', 2, 'rate_limit', 'limit']],
      ['CB_MAX_FAILURES', ['upstreams', 'x', 'breaker', 'max_failures']],
      ['RETRY_JITTER_FACTOR', ['upstreams', 'user-service', 'retry', 'jitter']],
      ['environment', ['limits']],
    ];
    for (const [label, path] of expected) assert.deepEqual(document.locate(path), { label }, path.join('.'));
  });

  test('comes with the level of the log', () => {
    assert.equal(documentFromEnvironment({}).logLevel, 'info');
    assert.equal(documentFromEnvironment({ LOG_LEVEL: 'DEBUG' }).logLevel, 'debug');
    assert.equal(issuesOf({ LOG_LEVEL: 'warning' }), 'LOG_LEVEL: expected debug, info, warn or error, got "warning"');
  });
});

describe('the store', () => {
  test('is a file in the data folder', () => {
    assert.equal(storeOf({ SLUICE_DATA: '/var/lib/sluice/' }), 'sqlite:/var/lib/sluice/sluice.db');
  });

  test('is Redis where REDIS_HOST is set, with the port, the database and the password', () => {
    assert.equal(storeOf({ REDIS_HOST: 'localhost' }), 'redis://localhost:6379/0');
    assert.equal(storeOf({ REDIS_HOST: '::1', REDIS_PORT: '7000', REDIS_DB: '3' }), 'redis://[::1]:7000/3');
    const text = `a/b?c@d:e%f'"g h#`;
    const location = parseStoreLocation(String(storeOf({ REDIS_HOST: 'redis', REDIS_PASSWORD: text })));
    assert.partialDeepStrictEqual(location, { nodes: [{ host: 'redis', port: 6379 }], password: text, username: null });
  });

  test('is what STORE says, whatever the others say', () => {
    assert.equal(storeOf({ STORE: 'memory', REDIS_HOST: 'redis', SLUICE_DATA: '/x' }), 'memory');
  });

  test('is refused by the variable without a word of its password', () => {
    const told = loadIssuesOf({ STORE: 'redis://user:hidden@host:x' });
    assert.match(told, /^STORE: store: expected /);
    assert.doesNotMatch(told, /hidden/);
    assert.match(
      issuesOf({ REDIS_HOST: 'redis://me:hidden@localhost' }),
      /^REDIS_HOST: expected .*"redis:\/\/\*\*\*@localhost"$/,
    );
  });
});
