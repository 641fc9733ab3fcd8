import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { readResponse } from '../support/http-message.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, requestText } from '../support/raw-client.ts';
import { BadTargets, endlessBodies, endlessHeads } from './bad-targets.ts';
import { Crowd, forAWhile } from './crowd.ts';
import { startAttacked, type Attacked } from './endure.ts';

const attackMs = 1_200;

interface Setting {
  readonly t: TestContext;
  readonly bad: BadTargets;
  readonly attacked: Attacked;
}

async function askMany(t: TestContext, port: number, path: string): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(t, port)));
  for (const client of clients) void client.write(requestText('GET', path));
  return clients;
}

/** Five uploads at once, of which each is answered before it is there. */
async function uploadInVain(t: TestContext, port: number): Promise<void> {
  const piece = Buffer.alloc(1024 * 1024);
  const upload = async (client: RawClient) => {
    void client.write(requestText('PUT', '/early/', { 'Content-Length': String(20 * piece.length) }));
    for (let sent = 0; sent < 5; sent += 1) void client.write(piece);
    const response = await client.response('PUT');
    assert.deepEqual([response.text, response.field('connection')], ['enough', 'close']);
    // Whether it sees its connection closed or reset depends on what it was sending.
    await client.ended();
    client.socket.destroy();
  };
  await forAWhile(attackMs, async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(t, port)));
    await Promise.all(clients.map(upload));
  });
}

/** The answer is refused as a whole, or cut where it has begun. */
async function assertNeverWhole(client: RawClient): Promise<void> {
  const seen = await client.until('an answer or the end', () => {
    return client.ending ?? readResponse(client.received, 'GET', false);
  });
  if (typeof seen === 'string') assert.equal(seen, 'reset');
  else assertProblem(seen, 'upstream_invalid_response');
  client.socket.destroy();
}

async function assertSilence({ t, attacked }: Setting): Promise<void> {
  await t.test('that never answer: each client is told in time, and no more wait than may', async (st) => {
    await attacked.attack(st, () =>
      forAWhile(attackMs, async () => {
        const crowd = new Crowd(st, attacked.port);
        await crowd.open(300);
        crowd.send(requestText('GET', '/silent/', { Connection: 'close' }));
        await crowd.allClosed();
        // 50 were sent, 100 waited in the queue until its time was over, and the others found it full.
        assert.deepEqual([crowd.statuses.get('504'), crowd.statuses.get('503')], [50, 250]);
      }),
    );
  });
}

async function assertBadManners({ t, bad, attacked }: Setting): Promise<void> {
  await t.test('that answer before the request is there, and do not read the rest of it', async (st) => {
    await attacked.attack(st, async () => {
      await uploadInVain(st, attacked.port);
      await bad.haveEnded('early');
    });
  });

  await t.test('that send garbage where nothing was asked', async (st) => {
    await attacked.attack(st, async () => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(st, attacked.port)));
      await forAWhile(attackMs, async () => {
        const answers = await Promise.all(clients.map((client) => client.ask(requestText('GET', '/poisoner/'))));
        assert.ok(answers.every(({ text }) => text === 'fine'));
        // Only what nobody waits for can be told from an answer.
        await bad.haveEnded('poisoner');
      });
      for (const client of clients) client.socket.destroy();
    });
  });
}

async function assertEndlessHeads({ t, bad, attacked }: Setting): Promise<void> {
  for (const [name, [, code]] of Object.entries(endlessHeads)) {
    await t.test(`that send without end: ${name}`, async (st) => {
      await attacked.attack(st, async () => {
        await forAWhile(attackMs, async () => {
          for (const client of await askMany(st, attacked.port, `/${name}/`)) {
            let response = await client.response();
            while (response.status === 103) response = await client.response();
            assertProblem(response, code, name);
            client.socket.destroy();
          }
        });
        await bad.haveEnded(name);
      });
    });
  }
}

async function assertEndlessBodies({ t, bad, attacked }: Setting): Promise<void> {
  for (const [name, [, isAllowed]] of Object.entries(endlessBodies)) {
    await t.test(`that send without end: ${name}`, async (st) => {
      await attacked.attack(st, async () => {
        if (isAllowed) {
          const crowd = new Crowd(st, attacked.port);
          await crowd.open(2);
          crowd.send(requestText('GET', `/${name}/`));
          await forAWhile(attackMs, () => {}, 100);
          assert.ok(crowd.receivedBytes > 1_000_000, `${crowd.receivedBytes} bytes`);
          crowd.close();
        } else {
          await forAWhile(attackMs, async () => {
            for (const client of await askMany(st, attacked.port, `/${name}/`)) await assertNeverWhole(client);
          });
        }
        await bad.haveEnded(name);
      });
    });
  }
}

async function assertEndlessRetries({ t, bad, attacked }: Setting): Promise<void> {
  await t.test('whose answers of 503 have no end, and that are asked again', async (st) => {
    await attacked.attack(st, async () => {
      await forAWhile(attackMs, async () => {
        const client = await RawClient.connect(st, attacked.port);
        void client.write(requestText('GET', '/unavailable/'));
        assert.match((await client.responseHead()).startLine, / 503 /);
        client.socket.destroy();
      });
      assert.ok(bad.connectionsOf('unavailable').length > 10);
      await bad.haveEnded('unavailable');
    });
  });
}

test('a gateway endures targets', { timeout: 120_000 }, async (t) => {
  const bad = await BadTargets.start(t);
  const attacked = await startAttacked(t, { upstreams: bad.upstreams });
  const setting: Setting = { t, bad, attacked };
  await assertSilence(setting);
  await assertBadManners(setting);
  await assertEndlessHeads(setting);
  await assertEndlessBodies(setting);
  await assertEndlessRetries(setting);
  await attacked.assertUnscathed();
});
