/** What clients send comes back in fields, paths and locations that the gateway writes, and nowhere as a line of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as assertProperty, asyncProperty, constantFrom, oneof, record, string } from 'fast-check';
import { documentFor, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import { pathPieces } from '../paths/path-forms.ts';
import { startRecorder } from './recorder.ts';
import { readResponseAt, statusOf, valuesOf, type WireMessage } from './wire-reader.ts';

const copied = '[{header.x-in}|{request.query}|{request.host}|{request.id}|{id}|{*}|{client.ip}]';
const copy = { headers: { request: { set: { 'X-Copy': copied } }, response: { set: { 'X-Copy': copied } } } };

/** What becomes a line end, a blank or another part of a message where somebody decodes it once too often. */
const injected = [
  '%0d%0aX-Injected:%20y %0D%0A%0D%0A %0a %20HTTP/1.1 %00 \\r\\n %u000d%u000a %250d%250a %E5%98%8D%E5%98%8A',
  '%23 ? {header.x-in} {{ .. //evil.example @evil.example ;x &q=1',
].flatMap((line) => line.split(' '));
const part = oneof(constantFrom(...injected), constantFrom(...pathPieces));
const text = array(part, { maxLength: 5 }).map((parts) => parts.join('').replaceAll('#', ''));
const latin1 = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter((it) =>
  /[\t -~\x80-\xff]/.test(it),
);
const attack = record({
  rest: text,
  query: oneof(
    constantFrom(''),
    text.map((it) => `?${it}`),
  ),
  value: string({ unit: constantFrom(...latin1), maxLength: 30 }),
  id: string({ unit: constantFrom(...latin1), maxLength: 20 }),
  host: constantFrom('a', 'a.example:8080', '[::1]:1', 'evil.example'),
});

const gatewayNames = ['host', 'x-copy', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-request-id'];
const namesOf = ({ fields }: WireMessage) => fields.map(([name]) => name.toLowerCase()).toSorted();

test('nothing that a client sends becomes a line of its own in what the gateway writes', async (t) => {
  const target = await startRecorder(t);
  const { port } = await startGateway(t, {
    ...documentFor([target.url]),
    routes: [
      {
        name: 'rewritten',
        match: { path: '/in/{id}/*' },
        rewrite: { path: '/out/{id}/{*}', host: '{request.host}' },
        policies: [copy],
        upstream: 'backends',
      },
      { name: 'moved', match: { path: '/moved/*' }, redirect: { to: 'https://{request.host}/new/{*}' } },
    ],
  });
  const statuses = new Set<number>();
  await assertProperty(
    asyncProperty(attack, constantFrom('/in/x/', '/moved/'), async ({ rest, query, value, id, host }, prefix) => {
      const before = target.requests.length;
      const client = await RawClient.connect(t, port);
      const fields = `Host: ${host}\r\nX-In: ${value}\r\nX-Request-Id: ${id}\r\n`;
      void client.write(`GET ${prefix}${rest}${query} HTTP/1.1\r\n${fields}\r\n`);
      const answer = await client.until('an answer', () =>
        readResponseAt(client.received, 0, { method: 'GET', ended: client.ending === 'closed' }),
      );
      const status = statusOf(answer);
      statuses.add(status);
      client.take(answer.end);
      assert.equal(client.received.length, 0);
      client.socket.destroy();
      assert.equal(valuesOf(answer, 'x-injected').length, 0);
      if (status === 302 || status === 301 || status === 308) {
        const [location = '', ...others] = valuesOf(answer, 'location');
        assert.deepEqual(others, []);
        assert.equal(new URL(location).host, new URL(`https://${host}`).host, location);
      }
      const got = target.requests.slice(before);
      assert.equal(got.length, status === 200 ? 1 : 0);
      for (const { message } of got) {
        assert.deepEqual(namesOf(message), [...gatewayNames, 'traceparent', 'x-in'].toSorted());
        assert.match(message.startLine, /^GET \/out\//);
      }
      for (const { fault } of target.connections) assert.equal(fault, null);
    }),
    { numRuns: 600 },
  );
  assert.ok(statuses.has(200) && statuses.has(400), [...statuses].join());
  assert.ok(
    [301, 302, 308].some((status) => statuses.has(status)),
    [...statuses].join(),
  );
});
