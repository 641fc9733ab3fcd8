import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { configOf, documentFor, startGateway } from '../support/gateway.ts';
import { plainGet, RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';

async function startSick(t: TestContext) {
  const sickness = { status: 500 };
  const target = await startRecordingTarget(t, (response) => response.writeHead(sickness.status).end());
  return { ...target, sickness };
}

const ejected = 'a target fails and gets no requests for a while';
const back = 'a target that failed gets requests again';

describe('a target that fails requests', () => {
  test('gets none for a while, which is told once in the log, in the metrics and by /services/health', async (t) => {
    const sick = await startSick(t);
    const fine = await startRecordingTarget(t);
    const outliers = { consecutive_failures: 3, ejection_time: '5m' };
    const document = { ...documentFor([sick.url, fine.url], { outliers }), workers: 2 };
    const { gateway, port, log, metricsWhere } = await startGateway(t, document);
    const statuses: (number | null)[] = [];
    for (let request = 0; request < 12; request += 1) statuses.push((await rawRequest(t, port, plainGet)).status);
    assert.deepEqual(statuses, [500, 200, 500, 200, 500, 200, 200, 200, 200, 200, 200, 200]);
    assert.equal(sick.requests.length, 3);
    const page = await metricsWhere((it) => it.sum('gateway_target_ejected') === 1);
    assert.equal(page.sum('gateway_target_ejected', { target: sick.url }), 1);
    assert.deepEqual(
      log.filter(({ message }) => message === ejected).map(({ level, fields }) => ({ level, ...fields, worker: 0 })),
      [{ level: 'warn', worker: 0, upstream: 'backends', target: sick.url, failuresInARow: 3, forMs: 300_000 }],
    );
    const { host, port: adminPort } = gateway.adminAddress ?? { host: '', port: 0 };
    const health = await fetch(`http://${host}:${adminPort}/services/health`, { headers: { Connection: 'close' } });
    const { services } = (await health.json()) as { services: { instances: { ejected_for_ms: number }[] }[] };
    const [ofSick = 0, ofFine] = services[0]?.instances.map(({ ejected_for_ms: forMs }) => forMs) ?? [];
    assert.ok(ofSick > 200_000 && ofSick <= 300_000 && ofFine === 0, `${ofSick} ${ofFine}`);
  });

  test('is back after its time, and stays if it answers', async (t) => {
    const sick = await startSick(t);
    const fine = await startRecordingTarget(t);
    const outliers = { consecutive_failures: 2, ejection_time: '100ms' };
    const { port, log } = await startGateway(t, documentFor([sick.url, fine.url], { outliers }));
    for (let request = 0; request < 4; request += 1) await rawRequest(t, port, plainGet);
    await waitUntil('the line in the log', () => log.some(({ message }) => message === ejected));
    sick.sickness.status = 200;
    await waitUntil('a request of the target', async () => {
      await rawRequest(t, port, plainGet);
      return sick.requests.length > 2;
    });
    const before = sick.requests.length;
    for (let request = 0; request < 10; request += 1) await rawRequest(t, port, plainGet);
    assert.equal(sick.requests.length, before + 5);
    await waitUntil('the line in the log', () => log.some(({ message }) => message === back));
    assert.equal(log.filter(({ message }) => message === ejected || message === back).length, 2);
  });

  test('is not left out for clients that went away, nor for answers below 500', async (t) => {
    const odd = await startRecordingTarget(t, (response, { url }) => {
      // Those at /wait have no answer.
      if (url !== '/wait') response.writeHead(404).end();
    });
    const other = await startRecordingTarget(t);
    const outliers = { consecutive_failures: 1, ejection_time: '5m' };
    const { port, metricsWhere } = await startGateway(t, documentFor([odd.url, other.url], { outliers }));
    for (const path of ['/', '/wait', '/', '/wait']) {
      const before = odd.requests.length;
      // In turn: one of two is the odd one's.
      for (let turn = 0; turn < 2; turn += 1) {
        const client = await RawClient.connect(t, port);
        void client.write(requestText('GET', path));
        await waitUntil('an answer, or a request that has none', () => {
          return client.received.length > 0 || odd.requests.length > before;
        });
        client.socket.destroy();
        await metricsWhere((page) => page.sum('gateway_requests_in_flight') === 0);
      }
      assert.equal(odd.requests.length, before + 1);
    }
    assert.equal((await metricsWhere(() => true)).sum('gateway_target_ejected'), 0);
  });

  test('stays out through a reload', async (t) => {
    const sick = await startSick(t);
    const fine = await startRecordingTarget(t);
    const documentOf = (slowStart: string) =>
      documentFor([sick.url, fine.url], {
        outliers: { consecutive_failures: 2, ejection_time: '5m' },
        slow_start: slowStart,
      });
    const { gateway, port } = await startGateway(t, documentOf('0s'));
    for (let request = 0; request < 4; request += 1) await rawRequest(t, port, plainGet);
    assert.equal((await gateway.reload(configOf(documentOf('1s')))).status, 'success');
    for (let request = 0; request < 6; request += 1) assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    assert.equal(sick.requests.length, 2);
  });
});

describe('the targets of an upstream', () => {
  test('are never all left out', async (t) => {
    const targets = await Promise.all([startSick(t), startSick(t), startSick(t)]);
    const outliers = { consecutive_failures: 1, ejection_time: '5m', max_ejected: 1 };
    const { port, metricsWhere } = await startGateway(
      t,
      documentFor(
        targets.map(({ url }) => url),
        { outliers },
      ),
    );
    for (let request = 0; request < 20; request += 1) assert.equal((await rawRequest(t, port, plainGet)).status, 500);
    await metricsWhere((page) => page.sum('gateway_target_ejected') === 2);
    const counts = targets.map(({ requests }) => requests.length);
    assert.deepEqual(
      counts.toSorted((left, right) => left - right),
      [1, 1, 18],
    );
  });
});

describe('a target that is new in a reload', () => {
  test('starts slowly where that is asked for', async (t) => {
    const targets = await Promise.all([startRecordingTarget(t), startRecordingTarget(t), startRecordingTarget(t)]);
    const urls = targets.map(({ url }) => url);
    const documentOf = (count: number) => documentFor(urls.slice(0, count), { slow_start: '1h' });
    const { gateway, port } = await startGateway(t, documentOf(2));
    for (let request = 0; request < 20; request += 1) await rawRequest(t, port, plainGet);
    assert.deepEqual(
      targets.map(({ requests }) => requests.length),
      [10, 10, 0],
    );
    assert.equal((await gateway.reload(configOf(documentOf(3)))).status, 'success');
    for (let request = 0; request < 210; request += 1) await rawRequest(t, port, plainGet);
    assert.deepEqual(
      targets.map(({ requests }) => requests.length),
      [110, 110, 10],
    );
  });
});
