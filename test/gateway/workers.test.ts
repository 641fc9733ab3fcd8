import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { plainGet, RawClient, rawRequest } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { crashWorkerThread } from '../support/worker-threads.ts';

describe('two workers', () => {
  test('share the connections of clients', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, { ...documentFor([target.url]), workers: 2 });
    // One after the other: a single worker would keep to one connection.
    for (let count = 0; count < 40; count++) assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    assert.equal(target.connectionCount(), 2);
  });

  test('give each target its exact turn, and their counters add up', async (t) => {
    const targets = await Promise.all([startRecordingTarget(t), startRecordingTarget(t), startRecordingTarget(t)]);
    const { port, metricsWhere } = await startGateway(t, { ...documentFor(targets.map(({ url }) => url)), workers: 2 });
    const rounds = 20;
    const clients = await Promise.all(Array.from({ length: 30 }, () => RawClient.connect(t, port)));
    await Promise.all(
      clients.map(async (client) => {
        for (let round = 0; round < rounds; round++) assert.equal((await client.ask(plainGet)).status, 200);
      }),
    );
    const total = clients.length * rounds;
    assert.deepEqual(
      targets.map(({ requests }) => requests.length),
      [total / 3, total / 3, total / 3],
    );
    for (const { socket } of clients) socket.destroy();
    const page = await metricsWhere((it) => it.sum('gateway_connections') === 0);
    assert.equal(page.sum('gateway_workers'), 2);
    assert.equal(page.sum('gateway_http_requests_total', { method: 'GET', status: '200' }), total);
    assert.equal(page.sum('gateway_http_request_duration_ms_count'), total);
    assert.equal(page.sum('gateway_backend_requests_total', { service: 'backends' }), total);
    assert.equal(page.sum('gateway_connections_total'), clients.length);
    assert.equal(page.sum('gateway_requests_in_flight'), 0);
  });

  test('count what they take from clients and what they give them', async (t) => {
    const target = await startRecordingTarget(t);
    const { port, metricsWhere } = await startGateway(t, { ...documentFor([target.url]), workers: 2 });
    let answered = 0;
    for (let count = 0; count < 10; count++) {
      const client = await RawClient.connect(t, port);
      await client.ask(plainGet);
      answered += client.receivedBytes;
    }
    const page = await metricsWhere((it) => it.sum('gateway_http_requests_total') === 10);
    assert.equal(page.sum('gateway_received_bytes_total'), 10 * plainGet.length);
    assert.equal(page.sum('gateway_sent_bytes_total'), answered);
  });

  test('of which one dies go on by the other until it is replaced', async (t) => {
    const target = await startRecordingTarget(t);
    const { port, log, metricsWhere } = await startGateway(t, { ...documentFor([target.url]), workers: 2 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(t, port)));
    for (const client of clients) assert.equal((await client.ask(plainGet)).status, 200);
    await crashWorkerThread('sluice-worker-1');
    const page = await metricsWhere(
      (it) => it.sum('gateway_workers') === 2 && log.some(({ message }) => /took the place/.test(message)),
    );
    const died = log.find(({ message }) => /a worker died/.test(message));
    assert.deepEqual([died?.level, died?.fields['worker'], died?.fields['reason']], ['error', 1, 'crashed by a test']);
    // Those of the dead worker are gone and not counted any more; what it had counted stays.
    const open = clients.filter(({ ending }) => ending === null);
    assert.ok(open.length > 0 && open.length < clients.length, `${open.length} of ${clients.length} are open`);
    assert.equal(page.sum('gateway_connections'), open.length);
    assert.equal(page.sum('gateway_http_requests_total'), clients.length);
    for (const client of open) assert.equal((await client.ask(plainGet)).status, 200);
    const before = target.connectionCount();
    for (let count = 0; count < 40; count++) assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    assert.equal(target.connectionCount(), before + 1);
    const after = await metricsWhere((it) => it.sum('gateway_connections') === open.length);
    assert.equal(after.sum('gateway_http_requests_total'), clients.length + open.length + 40);
  });
});
