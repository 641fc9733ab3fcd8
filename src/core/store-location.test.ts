import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeStoreLocation, parseStoreLocation, type RedisLocation } from './store-location.ts';

const redis: RedisLocation = {
  kind: 'redis',
  mode: 'single',
  nodes: [{ host: 'localhost', port: 6379 }],
  tls: false,
  username: null,
  password: null,
  database: 0,
  masterName: '',
  sentinelUsername: null,
  sentinelPassword: null,
};

describe('parseStoreLocation', () => {
  const cases: [text: string, expected: ReturnType<typeof parseStoreLocation>][] = [
    ['memory', { kind: 'memory' }],
    ['sqlite:./data/a b.db', { kind: 'sqlite', file: './data/a b.db' }],
    ['sqlite:/var/lib/sluice.db', { kind: 'sqlite', file: '/var/lib/sluice.db' }],
    ['redis://localhost', redis],
    ['REDIS://LOCALHOST:6379/', redis],
    ['rediss://10.0.0.1:7000/15', { ...redis, tls: true, nodes: [{ host: '10.0.0.1', port: 7000 }], database: 15 }],
    ['redis://:s%40%2F%25@[::1]:1', { ...redis, password: 's@/%', nodes: [{ host: '::1', port: 1 }] }],
    ['redis://us%3Aer:pa@ss:wo#rd@localhost', { ...redis, username: 'us:er', password: 'pa@ss:wo#rd' }],
    [
      'redis+sentinel://u:p@one,two:5/main/3?sentinel_username=a&sentinel_password=b%26c',
      {
        ...redis,
        mode: 'sentinel',
        nodes: [
          { host: 'one', port: 26_379 },
          { host: 'two', port: 5 },
        ],
        username: 'u',
        password: 'p',
        masterName: 'main',
        database: 3,
        sentinelUsername: 'a',
        sentinelPassword: 'b&c',
      },
    ],
    [
      'rediss+cluster://:p@one:7001,[::2]',
      {
        ...redis,
        mode: 'cluster',
        tls: true,
        password: 'p',
        nodes: [
          { host: 'one', port: 7001 },
          { host: '::2', port: 6379 },
        ],
      },
    ],
  ];
  for (const [text, expected] of cases) {
    test(`reads ${text}`, () => assert.deepEqual(parseStoreLocation(text), expected));
  }

  const refused: [text: string, problem: RegExp][] = [
    ['', /^expected memory, sqlite:FILE/],
    ['Memory', /^expected memory/],
    ['redis:localhost', /^expected memory/],
    ['mysql://hunter2@localhost', /, not with mysql:\/\/$/],
    ['sqlite:', /path of a file/],
    ['sqlite::memory:', /or memory/],
    ['sqlite://data/file.db', /path of a file/],
    ['redis://', /expected HOST/],
    ['redis://:hunter2@', /expected HOST/],
    ['redis://hunter2@localhost', /:PASSWORD@ before the host/],
    ['redis://user:@localhost', /has no password/],
    ['redis://:hunter2%@localhost', /begins no escape/],
    ['redis://:hun/ter2@localhost', /expected HOST.*write/],
    ['redis://u:1/hunter2@localhost', /number of a database.*write/],
    ['redis://:hun?ter2@localhost', /expected HOST/],
    ['redis://localhost:0', /port from 1 to 65535/],
    ['redis://localhost:65536', /port from 1 to 65535/],
    ['redis://localhost:hunter2', /expected HOST/],
    ['redis://[hunter2]', /expected HOST/],
    ['redis://300.1.1.1', /expected HOST/],
    ['redis://a,b', /has one host/],
    ['redis://localhost/-1', /number of a database/],
    ['redis://localhost/65536', /number of a database/],
    ['redis://localhost?password=hunter2', /only redis\+sentinel/],
    ['redis+sentinel://a,b', /name of the master/],
    ['redis+sentinel://a/main/hunter2', /number of a database/],
    ['redis+sentinel://a/main?hunter2', /only redis\+sentinel/],
    ['redis+cluster://a,/', /expected HOST/],
    ['redis+cluster://a/1', /only the database 0/],
  ];
  for (const [text, problem] of refused) {
    test(`says what is wrong with "${text}", without the password`, () => {
      const result = parseStoreLocation(text);
      assert.ok('problem' in result);
      assert.match(result.problem, problem);
      assert.doesNotMatch(result.problem, /hunter2|hun|ter2/);
    });
  }
});

describe('describeStoreLocation', () => {
  test('writes a location so that it can be read again, but without who may enter', () => {
    const described = (text: string) => {
      const location = parseStoreLocation(text);
      assert.ok(!('problem' in location));
      return describeStoreLocation(location);
    };
    for (const text of ['memory', 'sqlite:a.db', 'rediss://[::1]:5/2', 'redis+cluster://a:1,b:2']) {
      assert.equal(described(text), text);
    }
    assert.equal(described('redis+sentinel://u:p@a/m%20n/1?sentinel_password=q'), 'redis+sentinel://a:26379/m%20n/1');
    assert.equal(described('redis://:p@a'), 'redis://a:6379');
  });
});
