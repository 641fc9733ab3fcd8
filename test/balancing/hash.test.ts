import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, documentFor, startGateway } from '../support/gateway.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';

const sessions = Array.from({ length: 60 }, (_, session) => `s${session}`);

function requestOf(session: string): string {
  return requestText('GET', `/${session}`, { Cookie: `theme=dark; session=${session}` });
}

/** Which targets had requests of a session, by their indexes. */
function ownersOf(session: string, targets: readonly RecordingTarget[]): readonly number[] {
  return targets.flatMap(({ requests }, index) => (requests.some(({ url }) => url === `/${session}`) ? [index] : []));
}

describe('hash', () => {
  test('keeps a session with its target over two workers and a reload, and all targets have some', async (t) => {
    const targets = await Promise.all(Array.from({ length: 3 }, () => startRecordingTarget(t)));
    const urls = targets.map(({ url }) => url);
    const documentOf = (idle: number) => ({
      ...documentFor(urls, { balance: { hash: 'cookie:session' }, pool: { max_idle: idle } }),
      workers: 2,
    });
    const { gateway, port } = await startGateway(t, documentOf(10));
    const ask = async () => {
      for (const session of sessions) assert.equal((await rawRequest(t, port, requestOf(session))).status, 200);
    };
    for (let round = 0; round < 3; round += 1) await ask();
    assert.equal((await gateway.reload(configOf(documentOf(20)))).status, 'success');
    for (let round = 0; round < 3; round += 1) await ask();
    for (const session of sessions) assert.equal(ownersOf(session, targets).length, 1, session);
    assert.ok(targets.every(({ requests }) => requests.length > 0));
  });

  test('with the same secret is alike in two gateways', async (t) => {
    const targets = await Promise.all(Array.from({ length: 3 }, () => startRecordingTarget(t)));
    const urls = targets.map(({ url }) => url);
    const balance = { hash: 'cookie:session', secret: 'sixteen letters!' };
    const gateways = await Promise.all(
      [urls, urls.toReversed()].map((list) => startGateway(t, documentFor(list, { balance }))),
    );
    for (const { port } of gateways) {
      for (const session of sessions) assert.equal((await rawRequest(t, port, requestOf(session))).status, 200);
    }
    for (const session of sessions) assert.equal(ownersOf(session, targets).length, 1, session);
  });

  test('moves only the sessions of a target that is gone', async (t) => {
    const targets = await Promise.all(Array.from({ length: 4 }, () => startRecordingTarget(t)));
    const documentOf = (count: number) =>
      documentFor(
        targets.slice(0, count).map(({ url }) => url),
        { balance: { hash: 'cookie:session' } },
      );
    const { gateway, port } = await startGateway(t, documentOf(4));
    for (const session of sessions) await rawRequest(t, port, requestOf(session));
    const before = new Map(sessions.map((session) => [session, ownersOf(session, targets)]));
    assert.equal((await gateway.reload(configOf(documentOf(3)))).status, 'success');
    for (const session of sessions) await rawRequest(t, port, requestOf(session));
    for (const session of sessions) {
      const [owner] = before.get(session) ?? [];
      const now = ownersOf(session, targets);
      assert.deepEqual(now.length, owner === 3 ? 2 : 1, session);
    }
  });
});
