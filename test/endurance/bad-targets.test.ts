import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertProblem } from '../support/problems.ts';
import { plainGet, RawClient, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget, type TargetConnection, type TargetScript } from '../support/raw-target.ts';
import { Crowd, forAWhile } from './crowd.ts';
import { endure } from './endure.ts';

const attackMs = 2_500;
const head = 'HTTP/1.1 200 OK\r\n';

/** Sends the same piece again and again, as fast as it is taken. */
function endless(first: string, piece: string): TargetScript {
  const pieces = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  return async (connection) => {
    await connection.requestHead();
    await connection.write(first);
    while (connection.ending === null) await connection.write(pieces);
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

/** What of an answer never ends, and what a client is told that waits for it. */
const endlessAnswers = {
  'interim answers that are dropped': [endless('', 'HTTP/1.1 100 Continue\r\n\r\n'), 'upstream_invalid_response'],
  'interim answers that are passed on': [endless('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 'upstream_invalid_response'],
  'a status line': [endless('HTTP/1.1 200 ', 'x'), 'upstream_invalid_response'],
  'a head': [endless(head, 'X: y\r\n'), 'upstream_invalid_response'],
  'a head, piece by piece': [dripping(head, 'X: y\r\n'), 'upstream_timeout'],
} as const;

describe('a gateway endures targets', () => {
  test('that never answer: each client is told so in time, and no more wait than may', async (t) => {
    const target = await startRawTarget(t);
    await endure(t, {
      targets: [target.url],
      upstream: {
        timeouts: { response: '1s' },
        pool: { max_connections: 50, max_waiting: 100, wait_timeout: '500ms', idle_timeout: '300ms' },
      },
      peakMebibytes: 48,
      run: async ({ port }) => {
        await forAWhile(attackMs, async () => {
          const crowd = new Crowd(t, port);
          await crowd.open(300);
          crowd.send(requestText('GET', '/', { Connection: 'close' }));
          await crowd.allClosed();
          // 50 have been sent, 100 waited in the queue and had been told so when its time was over, as were the others.
          assert.deepEqual([crowd.statuses.get('504'), crowd.statuses.get('503')], [50, 250]);
        });
      },
    });
  });

  test('that answer before the request is there, and do not read the rest of it', async (t) => {
    const target = await startRawTarget(t, async (connection) => {
      await connection.requestHead();
      connection.socket.pause();
      await connection.write(okText('enough'));
    });
    await endure(t, {
      targets: [target.url],
      peakMebibytes: 64,
      run: async ({ port }) => {
        const piece = Buffer.alloc(1024 * 1024);
        await forAWhile(attackMs, async () => {
          const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(t, port)));
          await Promise.all(
            clients.map(async (client) => {
              void client.write(requestText('PUT', '/', { 'Content-Length': String(20 * piece.length) }));
              for (let sent = 0; sent < 10; sent += 1) void client.write(piece);
              const response = await client.response('PUT');
              assert.deepEqual([response.text, response.field('connection')], ['enough', 'close']);
              // Whether it can still read that the gateway has closed depends on what it was sending.
              await client.ended();
              client.socket.destroy();
            }),
          );
        });
        await Promise.all(target.connections.map((connection) => connection.ended()));
      },
    });
  });

  test('that send garbage on connections on which nothing was asked', async (t) => {
    const target = await startRawTarget(t, async (connection: TargetConnection) => {
      await connection.request();
      await connection.write(okText('fine'));
      setTimeout(() => void connection.write(okText('poison').repeat(5_000)), 5);
    });
    await endure(t, {
      targets: [target.url],
      peakMebibytes: 48,
      run: async ({ port }) => {
        const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(t, port)));
        await forAWhile(attackMs, () =>
          Promise.all(
            clients.map(async (client) => {
              const response = await client.ask(plainGet);
              // Between the end of an answer and the garbage, a request may have been sent: then it is the one that fails.
              if (response.status !== 200) assertProblem(response, 'upstream_reset');
              else assert.equal(response.text, 'fine');
            }),
          ).then(() => undefined),
        );
        for (const client of clients) client.socket.destroy();
      },
    });
  });

  for (const [what, [script, code]] of Object.entries(endlessAnswers)) {
    test(`that send ${what} without end`, async (t) => {
      const target = await startRawTarget(t, script);
      await endure(t, {
        targets: [target.url],
        upstream: { timeouts: { response: '500ms' } },
        peakMebibytes: 48,
        run: async ({ port }) => {
          await forAWhile(attackMs, async () => {
            const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(t, port)));
            for (const client of clients) void client.write(plainGet);
            for (const client of clients) {
              let response = await client.response();
              while (response.status === 103) response = await client.response();
              assertProblem(response, code, what);
              client.socket.destroy();
            }
          });
          await Promise.all(target.connections.map((connection) => connection.ended()));
        },
      });
    });
  }

  for (const [what, script] of [
    ['bodies', endless(`${head}Transfer-Encoding: chunked\r\n\r\n`, '5\r\nhello\r\n')],
    ['bodies that end with the connection', endless(`${head}\r\n`, 'hello')],
  ] as const) {
    test(`that send ${what} without end, until the client leaves`, async (t) => {
      const target = await startRawTarget(t, script);
      await endure(t, {
        targets: [target.url],
        peakMebibytes: 64,
        run: async ({ port }) => {
          const crowd = new Crowd(t, port);
          await crowd.open(2);
          crowd.send(plainGet);
          await forAWhile(attackMs, () => {}, 100);
          assert.ok(crowd.receivedBytes > 1_000_000, `${crowd.receivedBytes} bytes`);
          crowd.close();
          await Promise.all(target.connections.map((connection) => connection.ended()));
        },
      });
    });
  }

  for (const [what, piece] of [
    ['an extension of a chunk', 'x'],
    ['trailers', 'X: y\r\n'],
  ] as const) {
    test(`that send ${what} without end`, async (t) => {
      const first = what === 'trailers' ? '0\r\n' : '5;';
      const target = await startRawTarget(t, endless(`${head}Transfer-Encoding: chunked\r\n\r\n${first}`, piece));
      await endure(t, {
        targets: [target.url],
        peakMebibytes: 48,
        run: async ({ port }) => {
          await forAWhile(attackMs, async () => {
            const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(t, port)));
            for (const client of clients) void client.write(plainGet);
            for (const client of clients) {
              assert.equal(await client.ended(), 'reset');
              assert.doesNotMatch(client.received.toString('latin1'), /\r\n0\r\n\r\n$/);
            }
          });
          await Promise.all(target.connections.map((connection) => connection.ended()));
        },
      });
    });
  }

  test('whose answers of 503 have bodies without end, and are asked again', async (t) => {
    const target = await startRawTarget(t, endless('HTTP/1.1 503 No\r\n\r\n', 'no'));
    await endure(t, {
      targets: [target.url],
      upstream: { retry: { attempts: 2, initial_delay: '10ms', budget: 1 } },
      peakMebibytes: 64,
      run: async ({ port }) => {
        await forAWhile(attackMs, async () => {
          const client = await RawClient.connect(t, port);
          void client.write(plainGet);
          const response = await client.responseHead();
          assert.match(response.startLine, / 503 /);
          client.socket.destroy();
        });
        assert.ok(target.connections.length > 10);
        await Promise.all(target.connections.map((connection) => connection.ended()));
      },
    });
  });
});
