import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { RawClient, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget, type RawTarget } from '../support/raw-target.ts';
import { bystanderConnections } from './bystander.ts';
import { Crowd, forAWhile } from './crowd.ts';
import { startAttacked } from './endure.ts';

const attackMs = 1_200;
/** Over one connection; `SLUICE_TINY_REQUESTS=1000000` for the million. */
const tinyRequests = Number(process.env['SLUICE_TINY_REQUESTS'] ?? '100000');

/** A target that answers as many requests as it has received ends of heads: enough for GETs, and cheap. */
async function startQuickTarget(t: TestContext, body: string): Promise<RawTarget> {
  const answer = okText(body);
  return startRawTarget(t, (connection) => {
    connection.keeps = false;
    connection.socket.on('data', (bytes: Buffer) => {
      const heads = bytes.toString('latin1').split('\r\n\r\n').length - 1;
      connection.socket.write(answer.repeat(heads));
    });
  });
}

async function sendTinyRequests(t: TestContext, port: number): Promise<void> {
  const batch = 100;
  const client = await RawClient.connect(t, port);
  const request = 'GET /quick/ HTTP/1.1\r\nHost: a\r\n\r\n';
  await client.ask(request);
  // All answers are of the same length: ids, dates and figures in them do not vary in theirs.
  const length = client.receivedBytes;
  client.keeps = false;
  for (let sent = 1; sent < tinyRequests; sent += batch) {
    void client.write(request.repeat(batch));
    const expected = length * (sent + batch);
    await client.until('a batch of answers', () => (client.receivedBytes >= expected ? true : null));
    assert.equal(client.receivedBytes, expected);
  }
  client.socket.destroy();
}

async function sendLargeHeads(t: TestContext, port: number): Promise<void> {
  const crowd = new Crowd(t, port);
  let name = 0;
  await crowd.open(10);
  await forAWhile(attackMs, () => {
    for (const socket of crowd.sockets) {
      // Names that no request had before, so that nothing that is kept of them helps.
      const fields = Array.from({ length: 98 }, () => `x-${name++}: ${'y'.repeat(130)}\r\n`);
      socket.write(`GET /quick/ HTTP/1.1\r\nHost: a\r\n${fields.join('')}\r\n`);
    }
  });
  assert.ok((crowd.statuses.get('200') ?? 0) > 300, `${crowd.statuses.get('200')} answers`);
  crowd.close();
  const tooMany = new Crowd(t, port);
  await tooMany.open(100);
  tooMany.send(`GET / HTTP/1.1\r\nHost: a\r\n${'x: y\r\n'.repeat(100)}\r\n`);
  const tooLong = new Crowd(t, port);
  await tooLong.open(100);
  tooLong.send(`GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`);
  await Promise.all([tooMany.allClosed(), tooLong.allClosed()]);
  assert.deepEqual([[...tooMany.statuses], [...tooLong.statuses]], [[['431', 100]], [['431', 100]]]);
}

interface PipelineFlood {
  readonly path: string;
  readonly status: number;
  /** Of the requests that one write holds. */
  readonly answers: number;
}

const inOneWrite = 4_000;

async function sendPipelines(t: TestContext, port: number, { path, status, answers }: PipelineFlood): Promise<void> {
  const whole = requestText('GET', path).repeat(inOneWrite);
  await forAWhile(attackMs, async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.connect(t, port)));
    for (const client of clients) void client.write(whole);
    for (const client of clients) {
      for (let got = 0; got < answers; got += 1) assert.equal((await client.response()).status, status);
      client.socket.destroy();
    }
  });
}

const pipelineFloods: Readonly<Record<string, PipelineFlood>> = {
  'a target answers': { path: '/quick/', status: 200, answers: inOneWrite },
  'no route takes': { path: '/nowhere', status: 404, answers: inOneWrite },
  // Nobody knows what a client means that sends this, so its connection ends.
  'have no safe path': { path: '/quick/%2f', status: 400, answers: 1 },
};

/** Requests of which every word is a new one: method, host, path, query, fields, key, id and address. */
async function sendNewWords(t: TestContext, port: number): Promise<void> {
  const crowd = new Crowd(t, port);
  await crowd.open(10);
  let number = 0;
  const nextRequest = () => {
    const word = `w${number++}`;
    const fields = [
      `Host: ${word}.example`,
      `X-Forwarded-For: 10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
      `X-API-Key: ${word}`,
      `X-Request-Id: ${word}`,
      `X-${word}: ${word}`,
    ];
    return `${word.toUpperCase()} /limited/${word}?${word} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`;
  };
  await forAWhile(attackMs, () => crowd.sockets.forEach((socket) => socket.write(nextRequest())), 1);
  t.diagnostic(`${number} requests`);
  assert.equal(crowd.closed, 0);
  crowd.close();
}

test('a gateway endures floods', { timeout: 600_000 }, async (t) => {
  const quick = await startQuickTarget(t, 'ok');
  const longer = await startQuickTarget(t, 'x'.repeat(4_096));
  const limit = {
    match: { path: '/limited/*' },
    upstream: 'quick',
    policies: [{ rate_limit: { by: 'ip', limit: '9/s' } }],
  };
  const attacked = await startAttacked(t, {
    upstreams: { quick: { targets: [quick.url] }, longer: { targets: [longer.url] } },
    routes: [{ name: 'limited', ...limit }],
    document: { trusted_proxies: ['127.0.0.1'] },
  });
  const { port, gateway } = attacked;

  await t.test(`of ${tinyRequests} tiny requests over one connection`, { timeout: 500_000 }, async (st) => {
    await attacked.attack(st, () => sendTinyRequests(st, port));
  });

  await t.test('of heads as large and with as many fields as they may have, and more', async (st) => {
    await attacked.attack(st, () => sendLargeHeads(st, port));
  });

  for (const [kind, flood] of Object.entries(pipelineFloods)) {
    await t.test(`of thousands of requests in one write, which ${kind}`, async (st) => {
      await attacked.attack(st, () => sendPipelines(st, port, flood));
    });
  }

  await t.test('of requests whose answers are never read', async (st) => {
    await attacked.attack(st, async () => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(st, port)));
      for (const client of clients) {
        client.socket.pause();
        void client.write(requestText('GET', '/longer/').repeat(20_000));
      }
      const areCut = 'gateway_connections';
      await gateway.metricsWhere('they are cut', (page) => page.sum(areCut) <= bystanderConnections);
      for (const client of clients) client.socket.destroy();
    });
  });

  await t.test('of requests of which every word is a new one', async (st) => {
    await attacked.attack(st, () => sendNewWords(st, port));
  });

  await attacked.assertUnscathed();
});
