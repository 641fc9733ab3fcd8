import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { documentFor, startGateway } from '../support/gateway.ts';
import { plainGet, RawClient } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

test('p2c sends little to a target that takes long, and over two workers what one has seen counts for both', async (t) => {
  const slow = await startRecordingTarget(t, (response) => void pause(300).then(() => response.end('fine')));
  const quick = await startRecordingTarget(t);
  const document = { ...documentFor([slow.url, quick.url], { balance: 'p2c' }), workers: 2 };
  const { port } = await startGateway(t, document);
  const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(t, port)));
  // One after the other, so that nothing but the time of earlier answers speaks for a target.
  for (let round = 0; round < 20; round += 1) {
    for (const client of clients) assert.equal((await client.ask(plainGet)).status, 200);
  }
  const total = slow.requests.length + quick.requests.length;
  assert.equal(total, 160);
  assert.ok(slow.requests.length >= 1 && slow.requests.length <= 16, `${slow.requests.length} of ${total}`);
});
