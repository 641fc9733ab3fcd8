import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssues } from '../config/issues.ts';
import { documentFromEnvironment } from './environment.ts';
import { fileOf, issuesOf, loadIssuesOf, password } from './environment.fixture.ts';

describe('a variable with a wrong value', () => {
  const ranges: readonly (readonly [name: string, expected: string, wrong: readonly string[]])[] = [
    ['PORT', 'a whole number from 0 to 65535', ['abc', '-1', '1.5', '65536', ':8081', '9'.repeat(30)]],
    ['REDIS_PORT', 'a whole number from 1 to 65535', ['0']],
    ['REDIS_DB', 'a whole number from 0 to 65535', ['x']],
    ['RATE_LIMIT_RPM', 'a whole number from 1 to 60000000', ['0', '60/min', '60000001']],
    ['RATE_LIMIT_BURST', 'a whole number from 1 to 1000000000', ['0', '1e3']],
    ['CB_RESET_TIMEOUT_SECONDS', 'a whole number from 1 to 2145600', ['30s', '0']],
    ['RETRY_INITIAL_DELAY_MS', 'a whole number from 0 to 2145600000', ['100ms']],
    ['RETRY_MAX_DELAY_MS', 'a whole number from 0 to 2145600000', ['5s']],
    ['ADMIN_AUTH_ENABLED', 'true or false', ['maybe', 'off']],
  ];

  for (const [name, expected, wrong] of ranges) {
    test(`is named when it is ${name}`, () => {
      for (const text of wrong)
        assert.equal(issuesOf({ [name]: text }), `${name}: expected ${expected}, got "${text}"`);
    });
  }

  test('is named with a hint when Kubernetes has set it', () => {
    assert.match(
      issuesOf({ REDIS_PORT: 'tcp://10.0.0.1:6379' }),
      /^REDIS_PORT: .*Kubernetes sets it .*: set REDIS_PORT too$/,
    );
  });

  test('is named when it is a host', () => {
    for (const host of ['http://a', 'a:80', 'a b', '1.2.3']) {
      assert.match(issuesOf({ HOST: host }), /^HOST: expected an IP address or a host name/);
      assert.match(issuesOf({ REDIS_HOST: host }), /^REDIS_HOST: expected an IP address or a host name/);
    }
    assert.equal(issuesOf({ HOST: '[::1]' }), '');
  });

  test('is named by the configuration language too', () => {
    for (const name of [
      ...(['CB_MAX_FAILURES', 'CB_HALF_OPEN_MAX_REQUESTS', 'CB_SUCCESS_THRESHOLD', 'RETRY_MAX_RETRIES'] as const),
      ...(['RETRY_MULTIPLIER', 'RETRY_JITTER_FACTOR'] as const),
    ]) {
      for (const text of ['-1', 'x', '1e1', '1000000001']) {
        const told = loadIssuesOf({ [name]: text }).split('\n');
        assert.equal(told.length, 2);
        for (const line of told) {
          assert.match(
            line,
            new RegExp(`^${name}: upstreams\\..* expected a (?:whole )?number from \\d+ to \\d+, got `),
          );
        }
      }
    }
    assert.match(loadIssuesOf({ WORKERS: '0' }), /^WORKERS: workers: expected a whole number from 1 to 256/);
    assert.match(loadIssuesOf({ TRUSTED_PROXIES: '10.0.0.0/8,,x' }), /^TRUSTED_PROXIES: /);
    assert.match(loadIssuesOf({ SHUTDOWN_TIMEOUT: '25' }), /^SHUTDOWN_TIMEOUT: .*expected a duration/);
    assert.match(loadIssuesOf({ AUTH_SERVICE_URL: 'https://a' }), /^AUTH_SERVICE_URL: /);
  });

  test('is named when it is the credentials of the administrator, which are not shown', () => {
    for (const variables of [{ ADMIN_PASSWORD: '' }, { ADMIN_PASSWORD: undefined }]) {
      assert.match(issuesOf(variables), /^ADMIN_PASSWORD: is required, since ADMIN_AUTH_ENABLED is true: /);
    }
    const told = issuesOf({ ADMIN_USERNAME: 'a:b', ADMIN_PASSWORD: 'hidden', REDIS_PASSWORD: 'hidden', PORT: 'x' });
    assert.match(told, /^ADMIN_USERNAME: a user name cannot have a colon in it$/m);
    assert.doesNotMatch(told, /hidden/);
  });

  test('is told together with all others', () => {
    const names = formatIssues(documentFromEnvironment({ PORT: 'x', RATE_LIMIT_RPM: 'y' }).issues)
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(':')));
    assert.deepEqual(names.toSorted(), ['ADMIN_PASSWORD', 'PORT', 'RATE_LIMIT_RPM']);
  });
});

describe('a variable that is not known', () => {
  const misspelled = [
    ['RATE_LIMT_RPM', 'RATE_LIMIT_RPM'],
    ['RATE_LIMIT', 'RATE_LIMIT_RPM'],
    ['CB_RESET_TIMEOUT', 'CB_RESET_TIMEOUT_SECONDS'],
    ['RETRY_MAX_DELAY', 'RETRY_MAX_DELAY_MS'],
    ['AUTH_SERVICE_URLS', 'AUTH_SERVICE_URL'],
    ['REDIS_PASWORD', 'REDIS_PASSWORD'],
  ] as const;

  for (const [name, meant] of misspelled) {
    test(`is an error when it is ${name}, wherever it is set`, () => {
      const expected = `${name}: unknown variable\n  did you mean "${meant}"?`;
      assert.equal(issuesOf({ [name]: '1' }), expected);
      assert.equal(issuesOf({}, fileOf(`${name}=1\n`)), `.env:1: ${expected}`);
    });
  }

  test('is left alone where the one that it resembles is set too, be it to nothing', () => {
    assert.equal(issuesOf({ REDIS_HOSTS: 'a,b', REDIS_HOST: '' }), '');
    assert.equal(issuesOf({ AUTH_SERVICE_URL2: 'x' }, fileOf('AUTH_SERVICE_URL=http://a\n')), '');
  });

  test('is nothing in a process, where it may be for any other program', () => {
    const others = {
      PATH: '/bin',
      HOSTS: 'x',
      PROT: '1',
      log_level: 'x',
      DATABASE_URL: 'x',
      REDIS_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_SERVICE_HOST: '10.0.0.1',
      USER_SERVICE_PORT: 'tcp://10.0.0.1:80',
    };
    assert.equal(issuesOf(others), '');
    assert.deepEqual(documentFromEnvironment(others).warnings, []);
  });

  test('is a warning in the file, or an error where it resembles one', () => {
    const file = fileOf('# a comment\nDATABASE_URL=hidden\nPROT=1\n');
    assert.equal(issuesOf({}, file), '.env:3: PROT: unknown variable\n  did you mean "PORT"?');
    assert.equal(
      formatIssues(documentFromEnvironment(password, file).warnings),
      '.env:2: DATABASE_URL: Sluice knows no such variable and passes over it',
    );
  });
});

describe('the file', () => {
  test('gives way to the variables of the process, be they empty', () => {
    const file = fileOf('PORT=1\nHOST=127.0.0.1\nREDIS_HOST=redis\nADMIN_PASSWORD=secret');
    const { value, issues } = documentFromEnvironment({ PORT: '2', REDIS_HOST: '' }, file);
    assert.deepEqual(issues, []);
    assert.partialDeepStrictEqual(value, {
      listeners: [{ address: '127.0.0.1:2' }],
      store: 'sqlite:./data/sluice.db',
    });
  });

  test('is named with the line where the wrong value comes from it', () => {
    const file = fileOf('PORT=1\n\n  export RATE_LIMIT_RPM="x"\r\nPORT=y\n');
    assert.equal(
      issuesOf({}, file),
      '.env:4: PORT: expected a whole number from 0 to 65535, got "y"\n' +
        '.env:3: RATE_LIMIT_RPM: expected a whole number from 1 to 60000000, got "x"',
    );
    assert.match(issuesOf({ PORT: 'z' }, file), /^PORT: expected/);
  });
});
