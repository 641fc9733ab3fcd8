import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { readResponse } from '../support/http-message.ts';
import { plainGet, RawClient, rawRequest } from '../support/raw-client.ts';
import { startRawTarget, type TargetScript } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';
import { crashWorkerThread } from '../support/worker-threads.ts';
import { startHeldTarget, type HeldTarget } from './held-target.ts';

const balance = 'least-requests';

/** Sends requests until one waits at the target; its client is the answer. */
async function occupy(t: TestContext, port: number, held: HeldTarget): Promise<RawClient> {
  for (;;) {
    const before = held.requests.length;
    const client = await RawClient.connect(t, port);
    void client.write(plainGet);
    const isHeld = await waitUntil('an answer, or a request that waits', () => {
      if (held.requests.length > before) return 'held';
      return client.received.length > 0 ? 'answered' : null;
    });
    if (isHeld === 'held') return client;
    client.socket.destroy();
  }
}

describe('least-requests', () => {
  test('sends nothing to a target that still has a request while another has none, over two workers', async (t) => {
    const held = await startHeldTarget(t);
    const quick = await startRecordingTarget(t);
    const { port } = await startGateway(t, { ...documentFor([held.url, quick.url], { balance }), workers: 2 });
    held.hold();
    const client = await occupy(t, port, held);
    const before = quick.requests.length;
    // Connections of their own, so that both workers have some.
    for (let request = 0; request < 40; request += 1) assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    assert.deepEqual([held.requests.length, quick.requests.length], [1, before + 40]);
    held.release();
    assert.equal((await client.response()).status, 200);
    await assertServes(t, port, () => held.requests.length);
  });

  test('evens out what is in flight: of eight requests at once that stay, each of four targets has two', async (t) => {
    const targets = await Promise.all(Array.from({ length: 4 }, () => startHeldTarget(t)));
    const { port } = await startGateway(t, {
      ...documentFor(
        targets.map(({ url }) => url),
        { balance },
      ),
      workers: 2,
    });
    for (const target of targets) target.hold();
    const received = () => targets.reduce((sum, { requests }) => sum + requests.length, 0);
    for (let request = 1; request <= 8; request += 1) {
      const client = await RawClient.connect(t, port);
      void client.write(plainGet);
      await waitUntil('the request at a target', () => received() === request);
    }
    assert.deepEqual(
      targets.map(({ requests }) => requests.length),
      [2, 2, 2, 2],
    );
    for (const target of targets) target.release();
  });
});

/** A target whose place is still taken by a request that is gone would get no other while the rest are idle. */
async function assertServes(t: TestContext, port: number, received: () => number): Promise<void> {
  const before = received();
  for (let request = 0; request < 200 && received() === before; request += 1) await rawRequest(t, port, plainGet);
  assert.ok(received() > before, 'the target gets requests again');
}

/** Null where the answer was cut. */
async function statusOf(t: TestContext, port: number): Promise<number | null> {
  const client = await RawClient.connect(t, port);
  void client.write(plainGet);
  return await waitUntil('an answer or its end', async () => {
    if (client.ending !== null) return { status: null };
    return readResponse(client.received, 'GET', false);
  }).then(({ status }) => status);
}

describe('a target has no request in flight any more', () => {
  /** The first request on each of its first connections meets the script; all later ones are answered. */
  async function startOdd(t: TestContext, oddities: number, script: TargetScript) {
    let received = 0;
    const target = await startRawTarget(t, async (connection, number) => {
      for (;;) {
        await connection.request();
        received += 1;
        if (number < oddities) return await script(connection, number);
        void connection.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine');
      }
    });
    return { url: target.url, received: () => received };
  }

  const outcomes: readonly (readonly [what: string, status: number | null, upstream: object, script: TargetScript])[] =
    [
      ['closed the connection', 502, {}, ({ socket }) => void socket.destroy()],
      [
        'closed it within its answer',
        null,
        {},
        async (connection) => {
          await connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfin');
          connection.socket.destroy();
        },
      ],
      ['did not answer in time', 504, { timeouts: { response: '50ms' } }, () => {}],
      ['answered something else', 502, {}, async (connection) => await connection.write('SSH-2.0\r\n\r\n')],
      [
        'answered 503 and was asked again',
        200,
        { retry: { initial_delay: '1ms', attempts: 5 } },
        async (connection) => await connection.write('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'),
      ],
    ];
  for (const [what, status, upstream, script] of outcomes) {
    test(`that ${what}`, async (t) => {
      const odd = await startOdd(t, 3, script);
      const quick = await startRecordingTarget(t);
      const { port } = await startGateway(t, documentFor([odd.url, quick.url], { balance, ...upstream }));
      for (let meeting = 1; meeting <= 3; meeting += 1) {
        let last: number | null = 200;
        while (odd.received() < meeting) last = await statusOf(t, port);
        assert.equal(last, status);
      }
      await assertServes(t, port, odd.received);
    });
  }

  test('whose client went away', async (t) => {
    const held = await startHeldTarget(t);
    const quick = await startRecordingTarget(t);
    const { port, metricsWhere } = await startGateway(t, documentFor([held.url, quick.url], { balance }));
    held.hold();
    for (let client = 0; client < 3; client += 1) {
      (await occupy(t, port, held)).socket.destroy();
      await metricsWhere((page) => page.sum('gateway_requests_in_flight') === 0);
    }
    held.release();
    await assertServes(t, port, () => held.requests.length);
  });

  test('whose worker died', async (t) => {
    const held = await startHeldTarget(t);
    const quick = await startRecordingTarget(t);
    const { port, log } = await startGateway(t, documentFor([held.url, quick.url], { balance }));
    held.hold();
    await occupy(t, port, held);
    await crashWorkerThread('sluice-worker-0');
    await waitUntil('a worker in its place', () => log.some(({ message }) => /took the place/.test(message)));
    held.release();
    await assertServes(t, port, () => held.requests.length);
  });
});
