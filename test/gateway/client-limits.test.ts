import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { plainGet, RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';

const from = (ip: string) => requestText('GET', '/', { 'X-Forwarded-For': ip });

/** A target that answers when it is told to. */
async function startHoldingTarget(t: TestContext) {
  const held: ServerResponse[] = [];
  const target = await startRecordingTarget(t, (response) => void held.push(response));
  const answerAll = () => {
    for (const response of held.splice(0)) response.end('fine');
  };
  return { url: target.url, held, answerAll };
}

/** Connects, and resolves with whether the gateway keeps the connection. */
async function isKept(t: TestContext, port: number): Promise<RawClient | null> {
  let client: RawClient;
  try {
    client = await RawClient.connect(t, port);
  } catch (error) {
    // A reset may come before the client has noticed that it is connected.
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
    return null;
  }
  // Or before this is written, which is told by its end.
  client.write(plainGet).catch(() => {});
  const end = await waitUntil('an answer or the end', () =>
    client.received.length > 0 ? 'answer' : client.ending !== null && 'end',
  );
  if (end === 'end') return null;
  await client.response();
  return client;
}

describe('requests at once of one client', () => {
  test('are bounded over two workers, and each that is over makes room for another', async (t) => {
    const target = await startHoldingTarget(t);
    const limits = { requests_per_client: 4 };
    const document = { ...documentFor([target.url]), workers: 2, limits, trusted_proxies: ['127.0.0.1'] };
    const { port, metricsWhere } = await startGateway(t, document);
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(t, port)));
    const answers = clients.map((client) => client.ask(from('192.0.2.1')));
    await metricsWhere(({ sum }) => sum('gateway_refusals_total', { code: 'too_many_in_flight' }) === 16);
    await waitUntil('four requests at the target', () => target.held.length === 4);
    // Another client is not concerned.
    const other = rawRequest(t, port, from('192.0.2.2'));
    await waitUntil('the request of another client', () => target.held.length === 5);
    target.answerAll();
    assert.equal((await other).status, 200);
    const all = await Promise.all(answers);
    assert.equal(all.filter(({ status }) => status === 200).length, 4);
    const refused = all.filter(({ status }) => status === 429);
    assert.equal(refused.length, 16);
    for (const response of refused) {
      assertProblem(response, 'too_many_in_flight');
      assert.equal(response.field('retry-after'), '1');
    }
    for (let round = 0; round < 3; round += 1) {
      const again = rawRequest(t, port, from('192.0.2.1'));
      await waitUntil('one more request at the target', () => target.held.length === 1);
      target.answerAll();
      assert.equal((await again).status, 200);
    }
  });

  test('are given back by a client that goes away', async (t) => {
    const target = await startHoldingTarget(t);
    const limits = { requests_per_client: 1 };
    const { port, metricsWhere } = await startGateway(t, { ...documentFor([target.url]), limits });
    const gone = await RawClient.connect(t, port);
    void gone.write(plainGet);
    await waitUntil('a request at the target', () => target.held.length === 1);
    assertProblem(await rawRequest(t, port, plainGet), 'too_many_in_flight');
    gone.socket.destroy();
    await metricsWhere(({ sum }) => sum('gateway_refusals_total', { code: 'client_closed' }) === 1);
    const next = rawRequest(t, port, plainGet);
    await waitUntil('the next request at the target', () => target.held.length === 2);
    target.answerAll();
    assert.equal((await next).status, 200);
  });

  test('do not count the gateway’s own endpoints', async (t) => {
    const target = await startHoldingTarget(t);
    const limits = { requests_per_client: 1 };
    const { port } = await startGateway(t, { ...documentFor([target.url]), limits });
    const waiting = rawRequest(t, port, plainGet);
    await waitUntil('a request at the target', () => target.held.length === 1);
    assert.equal((await rawRequest(t, port, requestText('GET', '/livez'))).status, 200);
    target.answerAll();
    assert.equal((await waiting).status, 200);
  });
});

describe('connections at once of one client', () => {
  test('are bounded over two workers, and those beyond are closed before they cost anything', async (t) => {
    const target = await startRecordingTarget(t);
    const limits = { connections_per_client: 3 };
    const { port, metrics } = await startGateway(t, { ...documentFor([target.url]), workers: 2, limits });
    const tried = [];
    for (let count = 0; count < 8; count += 1) tried.push(await isKept(t, port));
    const kept = tried.filter((client) => client !== null);
    assert.equal(kept.length, 3);
    assert.equal(target.requests.length, 3);
    assert.equal((await metrics()).sum('gateway_connections_refused_total'), 5);
    kept[0]?.socket.destroy();
    const next = await waitUntil('room for another connection', async () => await isKept(t, port));
    assert.equal((await next.ask(plainGet)).status, 200);
    assert.equal(await isKept(t, port), null);
  });

  test('of a trusted proxy are not counted: they are those of many clients', async (t) => {
    const target = await startRecordingTarget(t);
    const limits = { connections_per_client: 1 };
    const document = { ...documentFor([target.url]), limits, trusted_proxies: ['127.0.0.1'] };
    const { port } = await startGateway(t, document);
    for (let count = 0; count < 4; count += 1) assert.notEqual(await isKept(t, port), null);
  });
});
