import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failures, issuesOf, loadIssuesOf, valueOf } from './environment.fixture.ts';

describe('backends', () => {
  const targetsOf = (text: string) => {
    const { upstreams } = valueOf({ AUTH_SERVICE_BACKENDS: text, AUTH_SERVICE_URL: 'http://unused' });
    return (upstreams as Record<string, { targets: unknown }>)['auth-service']?.targets;
  };

  test('go before the one URL, each with its weight after a colon or a bar', () => {
    assert.deepEqual(targetsOf('http://a:1, http://b:2:3,http://c|4,http://[::1]:80:5,http://d:1|1,http://e:80/'), [
      'http://a:1',
      { url: 'http://b:2', weight: 3 },
      { url: 'http://c', weight: 4 },
      { url: 'http://[::1]:80', weight: 5 },
      'http://d:1',
      'http://e:80/',
    ]);
  });

  test('are refused for a weight that is none, and where one is there twice', () => {
    for (const weight of ['0', '1001', 'x', '', '1.5', '-1']) {
      for (const mark of ['|', ':']) {
        assert.equal(
          issuesOf({ AUTH_SERVICE_BACKENDS: `http://a:1${mark}${weight}` }),
          `AUTH_SERVICE_BACKENDS: expected a whole number from 1 to 1000 for the weight, got "${weight}"`,
        );
      }
    }
    assert.equal(
      issuesOf({ USER_SERVICE_BACKENDS: 'http://a,http://A:80/|2' }),
      'USER_SERVICE_BACKENDS: http://a:80 is there twice: remove one of them',
    );
  });

  test('are shared out by any strategy that there is', () => {
    for (const [text, balance] of [
      ['round-robin', 'round-robin'],
      ['weighted', 'weighted'],
      ['Random', 'random'],
      ['least-requests', 'least-requests'],
      ['p2c', 'p2c'],
      ['hash:ip', { hash: 'ip' }],
      ['hash:path', { hash: 'path' }],
      ['hash:header:X-User', { hash: 'header:X-User' }],
      ['hash:cookie:session', { hash: 'cookie:session' }],
    ] as const) {
      const variables = { USER_SERVICE_STRATEGY: text };
      assert.partialDeepStrictEqual(valueOf(variables), { upstreams: { 'user-service': { balance } } });
      assert.equal(loadIssuesOf(variables), '');
    }
  });

  test('of a strategy that does not exist are refused with what is known', () => {
    const known =
      'round-robin, weighted, random, least-requests, p2c, hash:ip, hash:path, hash:header:NAME or hash:cookie:NAME';
    for (const text of ['fastest', 'hash:', 'hash:key', 'hash:header:', 'hash:header:a b']) {
      assert.equal(
        issuesOf({ USER_SERVICE_STRATEGY: text }).split('\n')[0],
        `USER_SERVICE_STRATEGY: expected ${known}, got "${text}"`,
      );
    }
    assert.match(issuesOf({ AUTH_SERVICE_STRATEGY: 'round-robbin' }), /did you mean "round-robin"/);
  });
});

describe('SERVICES', () => {
  test('are upstreams and routes of their own', () => {
    const value = valueOf({ SERVICES: 'orders=/api/orders=http://a:1|http://b:2:3, all=/=http://c , x=/x/*=http://d' });
    assert.partialDeepStrictEqual(value, {
      upstreams: {
        orders: { targets: ['http://a:1', { url: 'http://b:2', weight: 3 }], ...failures },
        all: { targets: ['http://c'] },
      },
      routes: [
        {},
        {},
        { name: 'orders', match: { path: '/api/orders/*' }, upstream: 'orders' },
        { name: 'all', match: { path: '/*' }, upstream: 'all' },
        { name: 'x', match: { path: '/x/*' } },
      ],
    });
    assert.equal(loadIssuesOf({ SERVICES: 'orders=/api/orders=http://a:1|http://b:2:3,all=/=http://c' }), '');
  });

  test('are refused where one is not well-formed', () => {
    for (const entry of ['orders', 'orders=http://a', '=/x=http://a', 'a b=/x=http://a', '__proto__=/x=http://a', '']) {
      assert.match(
        issuesOf({ SERVICES: `x=/x=http://x,${entry}` }),
        /^SERVICES: expected name=\/prefix=URL\|URL .*, got "/,
      );
    }
    assert.match(loadIssuesOf({ SERVICES: 'a=/a//b=http://a' }), /^SERVICES: routes\[2\]/);
    assert.match(loadIssuesOf({ SERVICES: 'a=/a=' }), /^SERVICES: upstreams\.a/);
  });

  test('are refused where one has the name or the prefix of another', () => {
    assert.equal(
      issuesOf({ SERVICES: 'user-service=/x=http://a' }),
      'SERVICES: there is a service user-service already',
    );
    assert.equal(
      issuesOf({ SERVICES: 'a=/a=http://a,b=/a/=http://b' }),
      'SERVICES: b has the prefix of a: give each service its own',
    );
  });
});
