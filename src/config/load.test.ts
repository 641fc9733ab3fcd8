import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from './document.ts';
import { formatIssues } from './issues.ts';
import { loadConfig } from './load.ts';
import { parseAtOnce } from './parse-at-once.fixture.ts';

const minimal = { listeners: [{ address: ':8080' }] };

test('a document made by a program is checked in the same way', () => {
  const loaded = loadConfig(documentFromValue({ ...minimal, workers: undefined }, 'createGateway'));
  assert.ok('config' in loaded);
  assert.ok(loaded.config.workers >= 1 && loaded.config.workers <= 256);
  assert.deepEqual(loaded.config.routes, []);
  const refused = loadConfig(documentFromValue({ ...minimal, worker: 2 }, 'createGateway'));
  assert.ok('issues' in refused);
  assert.equal(formatIssues(refused.issues), 'createGateway: worker: unknown key\n  did you mean "workers"?');
});

test('the configuration is plain data that can be sent to a worker', () => {
  const loaded = loadConfig(documentFromValue({ ...minimal, upstreams: { a: { targets: ['http://b'] } } }, 'test'));
  assert.ok('config' in loaded);
  assert.deepEqual(structuredClone(loaded.config), loaded.config);
});

test('defaults are made anew for each configuration', () => {
  const [first, second] = [1, 2].map(() => loadConfig(documentFromValue(minimal, 'test')));
  assert.ok(first !== undefined && second !== undefined && 'config' in first && 'config' in second);
  assert.notEqual(first.config.limits, second.config.limits);
  assert.notEqual(first.config.routes, second.config.routes);
});

test('only a whole reference stands for a number or a boolean', () => {
  const load = (workers: string) => {
    const text = JSON.stringify({ ...minimal, workers, upstreams: { a: { targets: ['http://b'], health: '${OFF}' } } });
    const result = parseAtOnce({ text, format: 'json', file: 'a.json', variables: { N: '3', OFF: 'false' } });
    assert.ok('document' in result);
    return loadConfig(result.document);
  };
  const whole = load('${N}');
  assert.ok('config' in whole);
  assert.equal(whole.config.workers, 3);
  assert.equal(whole.config.upstreams['a']?.health, false);
  for (const workers of ['3', '${N}${N}', '1${N}']) {
    const refused = load(workers);
    assert.ok('issues' in refused, workers);
    assert.deepEqual(
      refused.issues.map((issue) => issue.path),
      ['workers'],
    );
  }
});

test('no secret is in any issue, wherever it stands', () => {
  const secret = 'hunter2';
  const variables = { DB_PASSWORD: secret, URL: `http://root:${secret}@db` };
  const text = [
    'listeners: [{ address: "${DB_PASSWORD}" }]',
    'admin: { address: "${URL}", password: hunter2 }',
    'passwrd: hunter2',
    'upstreams:',
    '  key: hunter2',
    '  a: { targets: ["${URL}", "http://hunter2@x", "${DB_PASSWORD}"], balance: "${DB_PASSWORD}" }',
    'routes:',
    '  - { name: "${DB_PASSWORD}", upstream: "${DB_PASSWORD}" }',
    '  - { name: "${DB_PASSWORD}", upstream: a, match: { methods: ["${DB_PASSWORD}"], path: "${DB_PASSWORD}" } }',
  ].join('\n');
  const result = parseAtOnce({ text, format: 'yaml', file: 'a.yaml', variables });
  assert.ok('document' in result);
  const loaded = loadConfig(result.document);
  assert.ok('issues' in loaded && loaded.issues.length > 8);
  assert.ok(!JSON.stringify(loaded.issues).includes(secret), formatIssues(loaded.issues));
});
