import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { plainGet, RawClient, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget, type RawTarget } from '../support/raw-target.ts';
import { bystanderConnections } from './bystander.ts';
import { Crowd, forAWhile } from './crowd.ts';
import { endure } from './endure.ts';

const attackMs = 2_500;
/** Over one connection; `SLUICE_TINY_REQUESTS=1000000` for the million. */
const tinyRequests = Number(process.env['SLUICE_TINY_REQUESTS'] ?? '100000');

/** A target that answers as many requests as it has received ends of heads: enough for GETs, and cheap. */
async function startQuickTarget(t: TestContext, body = 'ok'): Promise<RawTarget> {
  const answer = okText(body);
  return startRawTarget(t, (connection) => {
    connection.keeps = false;
    connection.socket.on('data', (bytes: Buffer) => {
      const heads = bytes.toString('latin1').split('\r\n\r\n').length - 1;
      connection.socket.write(answer.repeat(heads));
    });
  });
}

const bystanderRoute = { name: 'bystander', match: { path: '/bystander/*' }, upstream: 'bystander' };

describe('a gateway endures', () => {
  test(`${tinyRequests} tiny requests over one connection`, { timeout: 600_000 }, async (t) => {
    const target = await startQuickTarget(t);
    await endure(t, {
      targets: [target.url],
      peakMebibytes: 64,
      run: async ({ port }) => {
        const batch = 100;
        const client = await RawClient.connect(t, port);
        const request = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
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
      },
    });
    t.diagnostic(`${target.connections.length} connections at the target`);
  });

  test('heads as large and with as many fields as they may be, and larger', async (t) => {
    const target = await startQuickTarget(t);
    await endure(t, {
      targets: [target.url],
      peakMebibytes: 64,
      run: async ({ port }) => {
        const crowd = new Crowd(t, port);
        let name = 0;
        await crowd.open(10);
        await forAWhile(attackMs, () => {
          for (const socket of crowd.sockets) {
            // Names that no request had before, so that nothing that is kept of them helps.
            const fields = Array.from({ length: 98 }, () => `x-${name++}: ${'y'.repeat(130)}\r\n`);
            socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${fields.join('')}\r\n`);
          }
        });
        assert.ok((crowd.statuses.get('200') ?? 0) > 500, `${crowd.statuses.get('200')}`);
        crowd.close();
        const tooMany = new Crowd(t, port);
        await tooMany.open(100);
        tooMany.send(`GET / HTTP/1.1\r\nHost: a\r\n${'x: y\r\n'.repeat(100)}\r\n`);
        const tooLong = new Crowd(t, port);
        await tooLong.open(100);
        tooLong.send(`GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`);
        await Promise.all([tooMany.allClosed(), tooLong.allClosed()]);
        assert.deepEqual([[...tooMany.statuses], [...tooLong.statuses]], [[['431', 100]], [['431', 100]]]);
      },
    });
  });

  for (const [kind, path, status] of [
    ['a target answers', '/a', '200'],
    ['the gateway refuses', '/bystander/%2f', '400'],
    ['no route takes', '/nowhere', '404'],
  ] as const) {
    test(`thousands of requests in one write, which ${kind}`, async (t) => {
      const target = await startQuickTarget(t);
      const requests = 4_000;
      await endure(t, {
        targets: [target.url],
        peakMebibytes: 64,
        document: { routes: routesFor(path) },
        run: async ({ port }) => {
          await forAWhile(attackMs, async () => {
            const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.connect(t, port)));
            const whole = requestText('GET', path).repeat(requests);
            for (const client of clients) void client.write(whole);
            for (const client of clients) {
              // A request whose path is malformed is the last one of its connection.
              const expected = status === '400' ? 1 : requests;
              for (let got = 0; got < expected; got += 1)
                assert.equal((await client.response()).status, Number(status));
              client.socket.destroy();
            }
          });
        },
      });
    });
  }

  test('clients that send request after request and never read an answer', async (t) => {
    const target = await startQuickTarget(t, 'x'.repeat(4_096));
    await endure(t, {
      targets: [target.url],
      document: { limits: { body_idle_timeout: '1s' } },
      peakMebibytes: 64,
      run: async ({ port, gateway }) => {
        const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(t, port)));
        for (const client of clients) {
          client.socket.pause();
          void client.write(plainGet.repeat(20_000));
        }
        await gateway.metricsWhere(
          'none of them is left',
          (page) => page.sum('gateway_connections') <= bystanderConnections,
        );
        for (const client of clients) client.socket.destroy();
      },
    });
  });

  test('requests of which every word is a new one', async (t) => {
    const target = await startQuickTarget(t);
    await endure(t, {
      targets: [target.url],
      document: {
        trusted_proxies: ['127.0.0.1'],
        routes: [
          bystanderRoute,
          { name: 'attacked', upstream: 'attacked', policies: [{ rate_limit: { by: 'ip', limit: '10/s' } }] },
        ],
      },
      peakMebibytes: 64,
      run: async ({ port }) => {
        const crowd = new Crowd(t, port);
        await crowd.open(10);
        let number = 0;
        await forAWhile(
          attackMs,
          () => {
            for (const socket of crowd.sockets) {
              const word = `w${number++}`;
              const address = `X-Forwarded-For: 10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}\r\n`;
              const fields = `Host: ${word}.example\r\n${address}X-API-Key: ${word}\r\nX-Request-Id: ${word}\r\nX-${word}: ${word}\r\n`;
              socket.write(`${word.toUpperCase()} /${word}?${word} HTTP/1.1\r\n${fields}\r\n`);
            }
          },
          1,
        );
        t.diagnostic(`${number} requests`);
        crowd.close();
      },
    });
  });
});

function routesFor(path: string): object[] {
  return path === '/nowhere' ? [bystanderRoute] : [bystanderRoute, { name: 'attacked', upstream: 'attacked' }];
}
