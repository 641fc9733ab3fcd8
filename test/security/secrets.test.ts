import assert from 'node:assert/strict';

import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { launcher, startProcess } from '../support/gateway-process.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

import { RedisServer, withoutRedis } from '../stores/redis-server.ts';
import { mistyped, secretiveDocument, secrets, variables, writeSecretiveConfig } from './secretive-gateway.ts';
import { runCommand, Transcript } from './transcript.ts';

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

const namedMistyped = Object.fromEntries(Object.entries(mistyped).map(([name, text]) => [`mistyped ${name}`, text]));
const admin = basic('ada', secrets.adminPassword);

/** Asks, and takes down status, head and body of the answer. */
async function ask(transcript: Transcript, url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, { ...init, redirect: 'manual' });
  const text = await response.text();
  const fields = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  transcript.add(`${init.method ?? 'GET'} ${new URL(url).pathname}`, `${response.status}\n${fields}\n\n${text}`);
  return text;
}

async function startSecretive(t: TestContext) {
  const redis = await RedisServer.start('--requirepass', secrets.redisPassword);
  t.after(() => redis.stop());
  const target = await startRecordingTarget(t);
  const place = writeSecretiveConfig(t, {});
  const accessLog = path.join(place.folder, 'access.log');
  const document = secretiveDocument({ redisPort: redis.port, targetUrl: target.url, accessLog });
  place.write('sluice.json', JSON.stringify(document, null, 2));
  const words = [launcher, 'run', place.file, '--log-level', 'debug'];
  const running = startProcess(t, process.execPath, words, { environment: variables });
  const [, port = '', adminPort = ''] = await running.shows(
    /"addresses":"http:\/\/127\.0\.0\.1:(\d+)","admin":"http:\/\/127\.0\.0\.1:(\d+)"/,
  );
  return { redis, target, place, document, running, port: Number(port), adminPort: Number(adminPort) };
}

/** The configuration alone, for commands; nobody is behind it. */
function writeSecrets(t: TestContext, redisPort: number) {
  const place = writeSecretiveConfig(t, {});
  const targetUrl = 'http://127.0.0.1:1';
  const document = secretiveDocument({ redisPort, targetUrl, accessLog: path.join(place.folder, 'access.log') });
  place.write('sluice.json', JSON.stringify(document, null, 2));
  return { ...place, document };
}

/** Requests of every kind: right and wrong credentials, a policy that throws, a target that is not there. */
async function driveClients(transcript: Transcript, base: string, madeKey: string): Promise<void> {
  const requests: readonly (readonly [string, Record<string, string>])[] = [
    ['/keyed/a', { 'X-API-Key': secrets.writtenKey }],
    ['/keyed/a', { 'X-API-Key': secrets.keyOfVariable }],
    ['/keyed/a', { 'X-API-Key': madeKey }],
    ['/keyed/a', { 'X-API-Key': mistyped.key }],
    ['/keyed/a', { Authorization: `Bearer ${mistyped.bearer}` }],
    ['/keyed/a', {}],
    ['/private/a', basic('ben', secrets.userPassword)],
    ['/private/a', basic('ben', mistyped.userPassword)],
    ['/private/a', {}],
    ['/fragile/a', {}],
    ['/fragile/a', { 'X-Break': 'now', 'X-API-Key': secrets.writtenKey }],
    ['/nowhere/a', { 'X-API-Key': secrets.writtenKey }],
    ['/unknown', { 'X-API-Key': mistyped.key, ...basic('ben', mistyped.userPassword) }],
    ['/keyed/..%2f..', { 'X-API-Key': mistyped.key }],
  ];
  for (const [where, headers] of requests) await ask(transcript, base + where, { headers });
}

async function driveEndpoints(transcript: Transcript, base: string): Promise<void> {
  const paths = ['/health', '/livez', '/readyz', '/info', '/metrics', '/services/health', '/admin/config'];
  const guarded = ['/admin/apikeys', '/admin/circuit-breakers', '/admin/openapi.json'];
  for (const where of [...paths, ...guarded]) {
    await ask(transcript, base + where, { headers: admin });
    await ask(transcript, base + where, { headers: { ...admin, Accept: 'application/json' } });
    await ask(transcript, base + where, { headers: basic('ada', mistyped.adminPassword) });
  }
  const question = {
    method: 'GET',
    url: 'http://gw.test/fragile/a',
    headers: [
      ['X-API-Key', secrets.writtenKey],
      ['Authorization', `Bearer ${mistyped.bearer}`],
    ],
  };
  for (const url of ['http://gw.test/fragile/a', 'http://gw.test/keyed/a', 'http://gw.test/private/a']) {
    await ask(transcript, `${base}/admin/explain`, {
      method: 'POST',
      headers: { ...admin, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...question, url }),
    });
  }
}

/** Texts that are wrong right beside a secret, each in its own way. */
function brokenTexts(document: ReturnType<typeof secretiveDocument>): readonly string[] {
  const text = JSON.stringify(document, null, 2);
  const replace = (from: string, to: string): string => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  };
  return [
    replace('"secret": "S3CRET-written-key"', '"secrte": "S3CRET-written-key"'),
    replace('"secret": "S3CRET-written-key"', '"secret": "S3CRET-written-key with spaces"'),
    replace('"secret": "S3CRET-written-key"', '"secret": ["S3CRET-written-key"]'),
    replace('"secret": "S3CRET-written-key"', '"secret": "S3CRET-written-key", "secret": "S3CRET-written-key"'),
    replace('"S3CRET-balance-secret"', '"S3CRET-balance-secret'),
    replace('"password": "S3CRET-user-passw0rd"', '"pasword": "S3CRET-user-passw0rd"'),
    replace('"name": "ben"', '"name": "b:en"'),
    replace('redis://', 'rediss+cluster+x://'),
    replace('"secret": "S3CRET-of-a-policy"', '"secret": "S3CRET-of-a-policy", "sceret": "S3CRET-of-a-policy"'),
    replace('"${KEY_OF_APP}"', '"${KEY_OF_APP} ${KEY_OF_APP}"'),
    replace('"${INTERNAL_TOKEN}"', '"${INTERNAL_TOKEN}{nothing}"'),
    replace('"X-Internal-Token"', '"Content-Length"'),
    replace('"username": "ada"', '"username": "${ADMIN_PASSWORD}:x"'),
    replace('"workers": 1', '"workers": "${ADMIN_PASSWORD}"'),
  ];
}

async function reloadBroken(transcript: Transcript, gateway: Awaited<ReturnType<typeof startSecretive>>) {
  const { place, adminPort, document } = gateway;
  for (const [index, text] of brokenTexts(document).entries()) {
    place.write('sluice.json', text);
    const answer = await ask(transcript, `http://127.0.0.1:${adminPort}/admin/config/reload`, {
      method: 'POST',
      headers: admin,
    });
    assert.match(answer, /config_refused/, `broken text ${index} was taken: ${answer}`);
    await ask(transcript, `http://127.0.0.1:${adminPort}/admin/config`, { headers: admin });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('a running gateway tells no secret, whatever goes right or wrong', { skip: withoutRedis }, async (t) => {
  const transcript = new Transcript();
  const gateway = await startSecretive(t);
  const { place, running, redis, target } = gateway;
  const clientBase = `http://127.0.0.1:${gateway.port}`;
  const adminBase = `http://127.0.0.1:${gateway.adminPort}`;
  const made = await fetch(`${adminBase}/admin/apikeys`, {
    method: 'POST',
    headers: { ...admin, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'made' }),
  });
  assert.equal(made.status, 201);
  const { data } = (await made.json()) as { data: { raw_key: string } };
  await driveClients(transcript, clientBase, data.raw_key);
  await driveEndpoints(transcript, adminBase);
  await reloadBroken(transcript, gateway);
  await redis.kill();
  await running.shows(/store/);
  await driveClients(transcript, clientBase, data.raw_key);
  await driveEndpoints(transcript, adminBase);
  running.child.kill('SIGTERM');
  await running.ended;
  transcript.add('the log', running.text());
  transcript.add('the access log', place.read('access.log'));
  const seen = JSON.stringify(target.requests.map(({ rawHeaders, body }) => [rawHeaders, body.toString()]));
  assert.ok(seen.includes(secrets.fieldToken), 'the target did not get the field that is for it');
  transcript.add('the requests to the target', seen.replaceAll(secrets.fieldToken, ''));
  assert.match(running.text(), /it breaks after \d+ characters/);
  assert.ok(transcript.length > 50_000);
  transcript.assertWithout({ ...secrets, ...namedMistyped, madeKey: data.raw_key });
});

test('the commands print no secret of a configuration that is right', { skip: withoutRedis }, async (t) => {
  const transcript = new Transcript();
  const redis = await RedisServer.start('--requirepass', secrets.redisPassword);
  t.after(() => redis.stop());
  const { folder, file } = writeSecrets(t, redis.port);
  const question = ['-H', `X-API-Key: ${secrets.writtenKey}`, '-H', `Cookie: a=${mistyped.key}`];
  const runs: readonly (readonly [code: number, ...words: string[]])[] = [
    [0, 'check', file],
    [0, 'check', '--json', file],
    [0, 'config', 'print', file],
    [0, 'config', 'print', '--json', file],
    [0, 'config', 'schema', file],
    [0, 'keys', 'list', '-c', file],
    [1, 'keys', 'revoke', mistyped.key, '-c', file],
    ...['/keyed/a', '/private/a', '/fragile/a', '/unknown'].flatMap((url): [number, ...string[]][] => [
      [0, 'explain', 'GET', url, ...question, '-c', file],
      [0, 'explain', 'GET', url, ...question, '-c', file, '--json'],
    ]),
  ];
  for (const [code, ...words] of runs) {
    const end = await runCommand(transcript, words, { folder, environment: variables });
    assert.equal(end.code, code, `${words.join(' ')}\n${end.text}`);
  }
  transcript.assertWithout({ ...secrets, ...namedMistyped });
  assert.ok(transcript.length > 10_000);
});

test('the commands print no secret of a configuration that is wrong', async (t) => {
  const transcript = new Transcript();
  const { folder, document, write } = writeSecrets(t, 1);
  for (const [index, text] of brokenTexts(document).entries()) {
    const file = write(`broken-${index}.json`, text);
    const others =
      index % 4 === 0
        ? [
            ['run', file],
            ['config', 'print', file],
            ['keys', 'list', '-c', file],
          ]
        : [];
    for (const words of [['check', file], ...others]) {
      const end = await runCommand(transcript, words, { folder, environment: variables });
      assert.equal(end.code, 1, `${words.join(' ')}\n${end.text}`);
    }
  }
  transcript.assertWithout({ ...secrets, ...namedMistyped });
});

test('the door of the environment prints no secret, from a variable or from .env', async (t) => {
  const transcript = new Transcript();
  const { folder, write } = writeSecretiveConfig(t, {});
  const run = async (code: number, words: readonly string[], environment: Readonly<Record<string, string>>) => {
    const end = await runCommand(transcript, words, { folder, environment });
    assert.equal(end.code, code, `${words.join(' ')}\n${end.text}`);
  };
  const right = {
    ADMIN_PASSWORD: secrets.adminPassword,
    REDIS_PASSWORD: secrets.redisPassword,
    REDIS_HOST: '127.0.0.1',
  };
  const wrong: readonly Record<string, string>[] = [
    { ADMIN_PASWORD: secrets.adminPassword },
    { ADMIN_PASSWORD: secrets.adminPassword, REDIS_PASSWORD: secrets.redisPassword, REDIS_PORT: 'x' },
    { ADMIN_PASSWORD: secrets.adminPassword, ADMIN_USERNAME: 'ada:b' },
    { ADMIN_PASSWORD: secrets.adminPassword, STORE: `redis://:${secrets.redisPassword}@127.0.0.1` },
    { ADMIN_PASSWORD: secrets.adminPassword, STORE: `redis//:${secrets.hashSecret}@127.0.0.1` },
    { ADMIN_PASSWORD: secrets.adminPassword, AUTH_SERVICE_URL: `http://ada:${secrets.userPassword}@127.0.0.1:1` },
  ];
  await run(0, ['config', 'print', '--env'], right);
  await run(0, ['config', 'print', '--env', '--json'], right);
  for (const environment of wrong) await run(1, ['run', '--env'], environment);
  write(
    '.env',
    Object.entries(right)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  await run(0, ['config', 'print', '--env'], {});
  for (const line of [
    'REDIS_PORT=x',
    `ADMIN_PASSWORD="${secrets.adminPassword}`,
    `ADMIN PASSWORD=${secrets.adminPassword}`,
  ]) {
    write(
      '.env',
      `ADMIN_PASSWORD=${secrets.adminPassword}\nREDIS_PASSWORD=${secrets.redisPassword}\n${line}\nPORT=x\n`,
    );
    await run(1, ['run', '--env'], {});
  }
  transcript.assertWithout({ ...secrets, ...namedMistyped });
});

test('a configuration that is a program prints no secret of what it exports', async (t) => {
  const transcript = new Transcript();
  const { folder, write } = writeSecretiveConfig(t, {});
  const document = secretiveDocument({ redisPort: 1, targetUrl: 'http://127.0.0.1:1', accessLog: '-' });
  const filledIn = (text: string) => text.replaceAll(/\$\{(\w+)\}/g, (_all, name: string) => variables[name] ?? '');
  // A key that is there twice is none in a program, and nobody can say where a program has taken a text from.
  const wrong = brokenTexts(document).filter(
    (text) => isJson(text) && !/-key", "secret"|(username|workers)": "\$/.test(text),
  );
  for (const [index, text] of [JSON.stringify(document), ...wrong].entries()) {
    const file = write(`program-${index}.config.ts`, `export default ${filledIn(text)};\n`);
    const words = index === 0 ? ['config', 'print', file] : ['check', file];
    const end = await runCommand(transcript, words, { folder });
    assert.equal(end.code, index === 0 ? 0 : 1, `${words.join(' ')}\n${end.text}`);
  }
  transcript.assertWithout(secrets);
});

test('a store that does not let the gateway in is told of without its password', { skip: withoutRedis }, async (t) => {
  const transcript = new Transcript();
  const redis = await RedisServer.start('--requirepass', secrets.hashSecret);
  t.after(() => redis.stop());
  const { folder, file } = writeSecrets(t, redis.port);
  const end = await runCommand(transcript, ['keys', 'list', '-c', file], { folder, environment: variables });
  assert.equal(end.code, 1, end.text);
  const started = await runCommand(transcript, ['run', file], { folder, environment: variables });
  assert.equal(started.code, 1, started.text);
  transcript.assertWithout(secrets);
});

test('the search finds a secret in each form in which a message may carry it', () => {
  const secret = 'a secret/with "quotes"';
  const url = encodeURIComponent(secret);
  const base64 = Buffer.from(secret).toString('base64');
  for (const text of [secret, `redis://:${url}@x`, `Basic ${base64}`, JSON.stringify({ secret })]) {
    const transcript = new Transcript();
    transcript.add('somebody', `it says ${text} there`);
    assert.equal(transcript.find({ secret }).length > 0, true, text);
    assert.deepEqual(transcript.find({ other: 'another secret' }), []);
  }
});
