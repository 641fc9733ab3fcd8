import assert from 'node:assert/strict';

import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { launcher, startProcess } from '../support/gateway-process.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

import { RedisServer, withoutRedis } from '../stores/redis-server.ts';
import {
  brokenTexts,
  mistyped,
  mistypedByName,
  secretiveDocument,
  secrets,
  variables,
  writeSecretiveConfig,
} from './secretive-gateway.ts';
import { Transcript } from './transcript.ts';

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

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
  transcript.assertWithout({ ...secrets, ...mistypedByName, madeKey: data.raw_key });
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
