import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { readResponse } from '../support/http-message.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget, type RawTarget, type TargetScript } from '../support/raw-target.ts';
import { Crowd, forAWhile } from './crowd.ts';
import { startAttacked } from './endure.ts';

const attackMs = 1_200;
const head = 'HTTP/1.1 200 OK\r\n';
const chunkedHead = `${head}Transfer-Encoding: chunked\r\n\r\n`;

/** Sends the same piece again and again, up to 64 MB a second. */
function endless(first: string, piece: string): TargetScript {
  const pieces = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  return async (connection) => {
    await connection.requestHead();
    await connection.write(first);
    while (connection.ending === null) {
      await connection.write(pieces);
      await delay(1);
    }
  };
}

/** Sends a piece every 20 ms. */
function dripping(first: string, piece: string): TargetScript {
  return async (connection) => {
    await connection.requestHead();
    await connection.write(first);
    const drip = setInterval(() => void connection.write(piece), 20);
    connection.socket.once('close', () => clearInterval(drip));
  };
}

/** Of what a target sends without end before the body of an answer, and what a client is told that waits for it. */
const endlessHeads = {
  'dropped-interim': [endless('', 'HTTP/1.1 100 Continue\r\n\r\n'), 'upstream_invalid_response'],
  interim: [endless('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 'upstream_invalid_response'],
  'status-line': [endless('HTTP/1.1 200 ', 'x'), 'upstream_invalid_response'],
  head: [endless(head, 'X: y\r\n'), 'upstream_invalid_response'],
  'head-in-pieces': [dripping(head, 'X: y\r\n'), 'upstream_timeout'],
} as const;

/** Of what a target sends without end after the head, and whether it may: then it goes on until the client leaves. */
const endlessBodies = {
  chunks: [endless(chunkedHead, '5\r\nhello\r\n'), true],
  'until-close': [endless(`${head}\r\n`, 'hello'), true],
  'chunk-extension': [endless(`${chunkedHead}5;`, 'x'), false],
  trailers: [endless(`${chunkedHead}0\r\n`, 'X: y\r\n'), false],
} as const;

const earlyAnswer: TargetScript = async (connection) => {
  await connection.requestHead();
  connection.socket.pause();
  await connection.write(okText('enough'));
};

const poisoner: TargetScript = async (connection) => {
  await connection.request();
  await connection.write(okText('fine'));
  setTimeout(() => void connection.write(okText('poison').repeat(5_000)), 5);
};

async function askMany(t: TestContext, port: number, path: string): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(t, port)));
  for (const client of clients) void client.write(requestText('GET', path));
  return clients;
}

async function haveEnded({ connections }: RawTarget): Promise<void> {
  for (const { socket } of connections) socket.resume();
  await Promise.all(connections.map((connection) => connection.ended()));
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

test('a gateway endures targets', { timeout: 120_000 }, async (t) => {
  const scripts: Record<string, TargetScript> = {
    silent: () => {},
    early: earlyAnswer,
    poisoner,
    unavailable: endless('HTTP/1.1 503 No\r\n\r\n', 'no'),
    ...Object.fromEntries(Object.entries(endlessHeads).map(([name, [script]]) => [name, script])),
    ...Object.fromEntries(Object.entries(endlessBodies).map(([name, [script]]) => [name, script])),
  };
  const targets: Record<string, RawTarget> = {};
  for (const [name, script] of Object.entries(scripts)) targets[name] = await startRawTarget(t, script);
  const target = (name: string) => targets[name] ?? assert.fail(name);
  const options: Record<string, object> = {
    silent: { pool: { max_connections: 50, max_waiting: 100, wait_timeout: '500ms', idle_timeout: '300ms' } },
    unavailable: { retry: { attempts: 2, initial_delay: '10ms', budget: 1 } },
  };
  const upstreams = Object.fromEntries(
    Object.entries(targets).map(([name, { url }]) => {
      return [name, { targets: [url], timeouts: { response: '700ms' }, ...options[name] }];
    }),
  );
  const attacked = await startAttacked(t, { upstreams });
  const { port } = attacked;

  await t.test('that never answer: each client is told in time, and no more wait than may', async (st) => {
    await attacked.attack(st, () =>
      forAWhile(attackMs, async () => {
        const crowd = new Crowd(st, port);
        await crowd.open(300);
        crowd.send(requestText('GET', '/silent/', { Connection: 'close' }));
        await crowd.allClosed();
        // 50 were sent, 100 waited in the queue until its time was over, and the others found it full.
        assert.deepEqual([crowd.statuses.get('504'), crowd.statuses.get('503')], [50, 250]);
      }),
    );
  });

  await t.test('that answer before the request is there, and do not read the rest of it', async (st) => {
    await attacked.attack(st, async () => {
      await uploadInVain(st, port);
      await haveEnded(target('early'));
    });
  });

  await t.test('that send garbage where nothing was asked', async (st) => {
    await attacked.attack(st, async () => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(st, port)));
      await forAWhile(attackMs, async () => {
        const answers = await Promise.all(clients.map((client) => client.ask(requestText('GET', '/poisoner/'))));
        assert.ok(answers.every(({ text }) => text === 'fine'));
        // Only what nobody waits for can be told from an answer.
        await haveEnded(target('poisoner'));
      });
      for (const client of clients) client.socket.destroy();
    });
  });

  for (const [name, [, code]] of Object.entries(endlessHeads)) {
    await t.test(`that send without end: ${name}`, async (st) => {
      await attacked.attack(st, async () => {
        await forAWhile(attackMs, async () => {
          for (const client of await askMany(st, port, `/${name}/`)) {
            let response = await client.response();
            while (response.status === 103) response = await client.response();
            assertProblem(response, code, name);
            client.socket.destroy();
          }
        });
        await haveEnded(target(name));
      });
    });
  }

  for (const [name, [, isAllowed]] of Object.entries(endlessBodies)) {
    await t.test(`that send without end: ${name}`, async (st) => {
      await attacked.attack(st, async () => {
        if (isAllowed) {
          const crowd = new Crowd(st, port);
          await crowd.open(2);
          crowd.send(requestText('GET', `/${name}/`));
          await forAWhile(attackMs, () => {}, 100);
          assert.ok(crowd.receivedBytes > 1_000_000, `${crowd.receivedBytes} bytes`);
          crowd.close();
        } else {
          await forAWhile(attackMs, async () => {
            for (const client of await askMany(st, port, `/${name}/`)) await assertNeverWhole(client);
          });
        }
        await haveEnded(target(name));
      });
    });
  }

  await t.test('whose answers of 503 have no end, and that are asked again', async (st) => {
    await attacked.attack(st, async () => {
      await forAWhile(attackMs, async () => {
        const client = await RawClient.connect(st, port);
        void client.write(requestText('GET', '/unavailable/'));
        assert.match((await client.responseHead()).startLine, / 503 /);
        client.socket.destroy();
      });
      assert.ok(target('unavailable').connections.length > 10);
      await haveEnded(target('unavailable'));
    });
  });

  await attacked.assertUnscathed();
});
