import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { waitUntil } from '../support/wait.ts';
import { ask, createFolder, run, startBackend, startGateway, type Cleanup } from './process.fixture.ts';

interface RecordingBackend {
  readonly url: string;
  readonly seen: readonly IncomingHttpHeaders[];
}

/** Answers `{}` with 200 to everything, and keeps the fields of what does not ask for its health. */
async function startRecordingBackend(cleanup: Cleanup): Promise<RecordingBackend> {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    if (request.url !== '/health') seen.push(request.headers);
    response.setHeader('Content-Type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** A port on which nothing listens, for the moment. */
async function findFreePort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function statusesOf(count: number, url: string, key?: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) {
    statuses.push((await ask(url, key === undefined ? {} : { headers: { 'X-API-Key': key } })).status);
  }
  return statuses;
}

/** Resolves when every backend has been checked since. */
async function waitForChecks(url: string): Promise<void> {
  const listTimes = async () => {
    const { body } = await ask(`${url}/services/health`);
    return JSON.stringify(body).match(/"last_check":"[^"]+"/g) ?? [];
  };
  const before = await listTimes();
  assert.equal(before.length, 2);
  await waitUntil('another check of each backend', async () => (await listTimes()).every((it) => !before.includes(it)));
}

describe('limits', () => {
  test('a client without a key has its own limit, and each key has its own', async (t) => {
    const backend = await startRecordingBackend(t);
    const { url } = await startGateway(t, ['-backends', backend.url, '-rate-limit', '2', '-key-rate-limit=3']);
    assert.deepEqual(await statusesOf(3, `${url}/a`), [200, 200, 429]);
    assert.deepEqual(await statusesOf(4, `${url}/a`, 'key-test-1'), [200, 200, 200, 429]);
    assert.deepEqual(await statusesOf(4, `${url}/a`, 'key-test-2'), [200, 200, 200, 429]);
    assert.equal(backend.seen.length, 8);
    const { status, fields, body } = await ask(`${url}/a`);
    assert.equal(status, 429);
    assert.equal(body['code'], 'rate_limited');
    assert.equal(fields.get('x-ratelimit-limit'), '2');
    assert.equal(fields.get('x-ratelimit-remaining'), '0');
    const retryAfter = Number(fields.get('retry-after'));
    assert.ok(retryAfter >= 1 && retryAfter <= 30, `Retry-After: ${retryAfter}`);
  });

  test('hold exactly for requests that come at once', async (t) => {
    const backend = await startRecordingBackend(t);
    const { url } = await startGateway(t, ['-backends', backend.url, '-rate-limit', '10', '-workers', '4']);
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(`${url}/a`)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 10);
    assert.equal(answers.filter(({ status }) => status === 429).length, 30);
    assert.equal(backend.seen.length, 10);
  });

  test('are not drawn by the endpoints of the gateway', async (t) => {
    const backend = await startRecordingBackend(t);
    const { url } = await startGateway(t, ['-backends', backend.url, '-rate-limit', '1']);
    for (let count = 0; count < 3; count += 1) assert.equal((await ask(`${url}/health`)).status, 200);
    assert.deepEqual(await statusesOf(2, `${url}/a`), [200, 429]);
  });
});

describe('keys', () => {
  test('an unknown key is seen by no backend, and a known one is not passed on', async (t) => {
    const backend = await startRecordingBackend(t);
    const { url } = await startGateway(t, ['-backends', backend.url, '-keys', 'own-key']);
    assert.deepEqual(await statusesOf(1, `${url}/a`, 'key-admin'), [401]);
    assert.equal(backend.seen.length, 0);
    assert.deepEqual(await statusesOf(1, `${url}/a`, 'own-key'), [200]);
    assert.equal(backend.seen.length, 1);
    assert.equal(backend.seen[0]?.['x-api-key'], undefined);
  });

  test('with -keys empty there are none', async (t) => {
    const backend = await startRecordingBackend(t);
    const { url } = await startGateway(t, ['-backends', backend.url, '-keys', '']);
    assert.deepEqual(await statusesOf(1, `${url}/a`, 'key-admin'), [401]);
    assert.deepEqual(await statusesOf(1, `${url}/a`), [200]);
  });
});

describe('health checks', () => {
  test('take a backend out and in again, and say so once each', async (t) => {
    const first = await startBackend(t, 'Backend-1');
    const second = await startBackend(t, 'Backend-2');
    const gateway = await startGateway(t, ['-backends', `${first},${second}`, '-health-interval', '50ms']);
    const { url, shows, errors } = gateway;
    await ask(`${second}/health/down`, { method: 'POST' });
    await shows(/a target is unhealthy/);
    assert.partialDeepStrictEqual((await ask(`${url}/health`)).body, { healthy_backends: 1, total_backends: 2 });
    for (let count = 0; count < 4; count += 1)
      assert.equal((await ask(`${url}/api/data`)).body['backend'], 'Backend-1');
    await ask(`${first}/health/down`, { method: 'POST' });
    await shows(new RegExp(`"target":"${first}".*a target is unhealthy`));
    const none = await ask(`${url}/api/data`);
    assert.deepEqual([none.status, none.body['code']], [503, 'no_healthy_target']);
    assert.partialDeepStrictEqual(await ask(`${url}/health`), { status: 503, body: { status: 'unavailable' } });
    await ask(`${second}/health/up`, { method: 'POST' });
    await shows(/a target is healthy again/);
    assert.equal((await ask(`${url}/api/data`)).body['backend'], 'Backend-2');
    for (let count = 0; count < 3; count += 1) await waitForChecks(url);
    assert.equal(errors().match(/a target is unhealthy/g)?.length, 2, errors());
    assert.equal(errors().match(/a target is healthy again/g)?.length, 1, errors());
  });

  test('are not waited for: a backend that cannot be reached is passed over within the request', async (t) => {
    const backend = await startRecordingBackend(t);
    const missing = `http://127.0.0.1:${await findFreePort()}`;
    const { url } = await startGateway(t, ['-backends', `${missing},${backend.url}`, '-health-interval', '1h']);
    assert.deepEqual(await statusesOf(6, `${url}/a`), [200, 200, 200, 200, 200, 200]);
  });
});

describe('a command line that is wrong', () => {
  const cases: readonly [words: string[], message: RegExp][] = [
    [['-mode', 'gatway'], /-mode must be gateway, backend or client, not "gatway"\. Did you mean gateway\?/],
    [['-prot', '8080'], /unknown flag -prot\. Did you mean -port\?/],
    [['-mode', 'gateway', '-rate-limt=5'], /unknown flag -rate-limt\. Did you mean -rate-limit\?/],
    [['-mode', 'backend', '-nam', 'x'], /unknown flag -nam\. Did you mean -name\?/],
    [['-mode', 'client', '-cmd', 'rate-limits'], /Did you mean "rate-limit"\?/],
    [['-port', '80800'], /-port: expected a whole number from 0 to 65535, got "80800"/],
    [
      ['-backends', 'localhost:8081'],
      /^sluice: -backends: .*got "localhost:8081"\n {2}did you mean "http:\/\/localhost/,
    ],
    [['-backends', 'https://localhost'], /-backends: TLS to targets is not supported yet/],
    [['-health-interval', '10'], /-health-interval: expected a duration such as .*, got "10"/],
    [['-mode', 'gateway', '-workers', '0'], /-workers: expected a whole number from 1 to 256, got 0/],
    [['-keys'], /--keys needs a value\./],
    [['-port', '8080', 'client'], /gateway takes no argument, but got "client"/],
  ];
  for (const [words, message] of cases) {
    test(`says so: ${words.join(' ')}`, async (t) => {
      const { code, output, errors } = await run(t, words, { cwd: createFolder(t) });
      assert.equal(code, 2);
      assert.equal(output, '');
      assert.match(errors, message);
    });
  }
});

test('a log that cannot be written is named, and nothing starts', async (t) => {
  const file = join(createFolder(t), 'missing', 'gateway.log');
  const { code, errors } = await run(t, ['-mode', 'gateway', '-port', '0', '-log-file', file]);
  assert.equal(code, 1);
  assert.ok(errors.includes(file), errors);
  assert.doesNotMatch(errors, /the gateway serves|\n {4}at /);
});

test('-log-file - is the standard output, on which there is nothing else', async (t) => {
  const backend = await startRecordingBackend(t);
  const gateway = await startGateway(t, ['-backends', backend.url, '-log-file', '-']);
  await ask(`${gateway.url}/a/b`);
  gateway.child.kill('SIGINT');
  const { code, output } = await gateway.ended;
  assert.equal(code, 130);
  const lines = output.split('\n').slice(0, -1);
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { path: string }).path),
    ['/a/b'],
  );
});
