/** What is valid comes out at the other side as it went in, whatever it holds and however its bytes are cut. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import {
  array,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  integer,
  record,
  string,
  tuple,
} from 'fast-check';
import { documentFor, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import {
  bodyOf,
  contentOf,
  cuts,
  fieldLines,
  fields,
  framed,
  method,
  path,
  piecesOf,
  query,
} from './random-message.ts';
import { startRecorder } from './recorder.ts';
import { readRequestAt, readResponseAt, type WireMessage } from './wire-reader.ts';

/** What the gateway adds. */
const ownFields =
  /^(host|x-forwarded-(for|proto|host)|x-request-id|traceparent|x-backend|date|content-length|transfer-encoding)$/i;

const endToEnd = (message: WireMessage | undefined) => message?.fields.filter(([name]) => !ownFields.test(name));
const asFields = (list: readonly { name: string; value: string }[]) => list.map(({ name, value }) => [name, value]);

const requestMessage = record({ method, path, query, fields, body: bodyOf('none', 'length', 'chunked') });

test('a valid request arrives as it was sent', async (t) => {
  const target = await startRecorder(t);
  const { port } = await startGateway(t, documentFor([target.url]));
  await assertProperty(
    asyncProperty(array(requestMessage, { minLength: 1, maxLength: 3 }), cuts, async (messages, positions) => {
      const before = target.requests.length;
      const text = messages.map((it) => {
        const { line, bytes } = framed(it.body);
        return `${it.method} ${it.path}${it.query} HTTP/1.1\r\nHost: a\r\n${fieldLines(it.fields)}${line}\r\n${bytes}`;
      });
      const client = await RawClient.connect(t, port);
      for (const piece of piecesOf(text.join(''), positions)) await client.write(piece);
      for (const it of messages) {
        const name = `${it.method} ${it.path}${it.query}`;
        assert.equal((await takeResponse(client)).body, name);
      }
      client.socket.destroy();
      const got = target.requests.slice(before);
      assert.equal(got.length, messages.length);
      for (const [index, it] of messages.entries()) {
        const message = got[index]?.message;
        assert.equal(message?.startLine, `${it.method} ${it.path}${it.query} HTTP/1.1`);
        assert.deepEqual(endToEnd(message), asFields(it.fields));
        assert.equal(message?.body, it.body.framing === 'none' ? '' : contentOf(it.body));
        if (it.body.framing !== 'none') assert.equal(message?.framing, it.body.framing);
      }
    }),
    { numRuns: 400 },
  );
});

const reason = string({ unit: constantFrom(...'abcXYZ 019-._~\t\xe9\xff'.split('')), maxLength: 20 });
const interimHeads = array(tuple(constantFrom(100, 102, 103, 199), fields), { maxLength: 3 });
const finalStatus = integer({ min: 200, max: 599 }).filter((status) => ![204, 304].includes(status));
const responseMessage = record({ status: finalStatus, reason, fields, body: bodyOf('length', 'chunked', 'close') });

test('a valid answer arrives as it was sent', async (t) => {
  const target = await startAnswering(t);
  const { port } = await startGateway(t, documentFor([target.url]));
  await assertProperty(
    asyncProperty(responseMessage, interimHeads, cuts, async (it, interim, positions) => {
      const { line, bytes } = framed(it.body);
      const before = interim.map(([status, list]) => `HTTP/1.1 ${status} x\r\n${fieldLines(list)}\r\n`).join('');
      const text = `${before}HTTP/1.1 ${it.status} ${it.reason}\r\n${fieldLines(it.fields)}${line}\r\n${bytes}`;
      target.answer = { pieces: piecesOf(text, positions), closes: it.body.framing === 'close' };
      const client = await RawClient.connect(t, port);
      void client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      for (const [status, list] of interim) {
        if (status !== 103) continue;
        assert.deepEqual((await takeResponse(client)).fields, asFields(list));
      }
      const message = await takeResponse(client);
      assert.equal(message.startLine, `HTTP/1.1 ${it.status} ${it.reason}`);
      assert.deepEqual(endToEnd(message), asFields(it.fields));
      assert.equal(message.body, contentOf(it.body));
      assert.equal(message.framing, it.body.framing === 'length' ? 'length' : 'chunked');
      client.socket.destroy();
    }),
    { numRuns: 400 },
  );
});

async function takeResponse(client: RawClient): Promise<WireMessage> {
  const message = await client.until('an answer', () =>
    readResponseAt(client.received, 0, { method: 'GET', ended: client.ending === 'closed' }),
  );
  client.take(message.end);
  return message;
}

interface AnsweringTarget {
  readonly url: string;
  answer: { readonly pieces: readonly string[]; readonly closes: boolean };
}

/** A target that answers every request with the pieces that it was given last. */
async function startAnswering(t: TestContext): Promise<AnsweringTarget> {
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    let received = '';
    const answer = async () => {
      const { pieces, closes } = target.answer;
      for (const piece of pieces) await new Promise<void>((resolve) => socket.write(piece, 'latin1', () => resolve()));
      if (closes) socket.end();
    };
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      const request = readRequestAt(Buffer.from(received, 'latin1'), 0);
      if (request === null) return;
      received = received.slice(request.end);
      void answer();
    });
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target: AnsweringTarget = { url: `http://127.0.0.1:${port}`, answer: { pieces: [], closes: false } };
  return target;
}
