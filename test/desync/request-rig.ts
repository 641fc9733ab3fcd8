import assert from 'node:assert/strict';
import { METHODS, type Server } from 'node:http';
import type { TestContext } from 'node:test';
import { errorCodes } from '../../src/core/error-codes.ts';
import { createNodeReader, readRequestsByNode, readResponseByNode } from '../http1/llhttp-reader.ts';
import { documentFor, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import { waitUntil } from '../support/wait.ts';
import { nameOf, plainWire, startRecorder, type RecordedRequest, type Recorder } from './recorder.ts';
import { lines, wire, type RequestCase, type Told } from './request-case.ts';
import { readResponseAt, statusOf, valuesOf, type WireMessage } from './wire-reader.ts';

/** How the bytes of a case arrive. */
export type Cutting = 'whole' | 'byte by byte';

const behind = lines('GET /behind HTTP/1.1', 'Host: behind', '');
/** A head of many kilobytes is cut into this many pieces in place of bytes. */
const mostPieces = 700;

/** Two gateways, one of which trusts the client, before one target that keeps all that it gets. */
export class RequestRig {
  private readonly recorder: Recorder;
  private readonly ports: { readonly plain: number; readonly trusting: number };
  private readonly nodeReader: Server = createNodeReader();
  private caseNumber = 0;
  /** Names of all requests that clients meant, in order. */
  readonly meant: string[] = [];

  private constructor(recorder: Recorder, ports: { plain: number; trusting: number }) {
    this.recorder = recorder;
    this.ports = ports;
  }

  static async start(t: TestContext): Promise<RequestRig> {
    const recorder = await startRecorder(t);
    const document = documentFor([recorder.url]);
    const plain = await startGateway(t, document);
    const trusting = await startGateway(t, { ...document, trusted_proxies: ['127.0.0.0/8'] });
    const rig = new RequestRig(recorder, { plain: plain.port, trusting: trusting.port });
    // From here on every gateway has a connection to the target that waits for a request.
    for (const trusted of [false, true]) await rig.askAfter(t, trusted);
    return rig;
  }

  /** The names of all requests that the target got, in order. */
  get got(): string[] {
    return this.recorder.requests.map(({ message }) => nameOf(message));
  }

  /** Runs one case, and holds it to what it says and to what holds for all. */
  async run(t: TestContext, it: RequestCase, cutting: Cutting): Promise<void> {
    const { recorder } = this;
    const requestsBefore = recorder.requests.length;
    const open = recorder.connections.filter(({ ended }) => !ended);
    const gets = it.ends ? it.gets : [...it.gets, wire({ line: 'GET /behind', host: 'behind' })];
    const told: readonly Told[] = it.ends ? it.told : [...it.told, 'fine'];
    this.meant.push(...gets.map(({ head }) => head.slice(0, head.indexOf(' HTTP/1.1\r\n'))));

    const client = await RawClient.connect(t, it.trusted ? this.ports.trusting : this.ports.plain);
    void sendInPieces(client, it.send + behind, cutting);
    const methods = [...gets.map(({ head }) => head.slice(0, head.indexOf(' '))), methodOf(it.send)];
    await this.holdAnswers(client, told, methods);
    if (it.ends) {
      assert.equal(await client.ended(), 'closed');
      assert.equal(
        client.received.length,
        0,
        `after the last answer came ${JSON.stringify(client.received.toString())}`,
      );
    }
    client.socket.destroy();

    if (it.breaks) await this.holdBroken();
    await this.askAfter(t, it.trusted);
    const got = recorder.requests.slice(requestsBefore, -1);
    assert.deepEqual(
      got.map((request) => plainWire(request, it.send)),
      gets,
    );
    if (it.ends && it.gets.length === 0 && !it.breaks) {
      assert.deepEqual(
        recorder.connections.filter(({ ended }) => !ended),
        open,
        'the target was not to notice anything',
      );
    }
    await this.holdRecord(got);
  }

  /** Takes the answers, each of which two readers have to read alike. */
  private async holdAnswers(client: RawClient, told: readonly Told[], methods: readonly string[]): Promise<void> {
    let methodAt = 0;
    for (const expected of told) {
      const method = methods[methodAt] ?? 'GET';
      const answer = await takeAnswer(client, method);
      const status = statusOf(answer.message);
      if (expected === 'continue') {
        assert.equal(status, 100);
        continue;
      }
      methodAt++;
      // A client of node:http takes whatever answers a CONNECT for the beginning of a tunnel.
      const alike = await readResponseByNode(answer.bytes, method === 'CONNECT' ? 'GET' : method);
      assert.deepEqual(alike.final, {
        status,
        reason: answer.message.startLine.slice(13),
        fields: answer.message.fields,
        content: answer.message.body,
      });
      if (expected === 'fine') assert.equal(status, 200, answer.message.body);
      else holdRefusal(answer.message, expected, method);
    }
  }

  /** The request that broke off reached the target as a whole nowhere, and its connection carries no other one. */
  private async holdBroken(): Promise<void> {
    const { connections } = this.recorder;
    await waitUntil('the end of the connection of a broken request', () =>
      connections.every(({ ended, rest }) => ended || rest.length === 0),
    );
  }

  /** A client of its own gets the answer to its own request, and no other. */
  private async askAfter(t: TestContext, trusted: boolean): Promise<void> {
    const name = `GET /after-${this.caseNumber++}`;
    this.meant.push(name);
    const client = await RawClient.connect(t, trusted ? this.ports.trusting : this.ports.plain);
    void client.write(`${name} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const { message } = await takeAnswer(client, 'GET');
    assert.deepEqual([statusOf(message), message.body], [200, name]);
    client.socket.destroy();
  }

  /** Everything that the target got is read alike by llhttp, and nothing of it is left over on an open connection. */
  private async holdRecord(got: readonly RecordedRequest[]): Promise<void> {
    for (const { fault, rest, ended } of this.recorder.connections) {
      assert.equal(fault, null);
      assert.ok(ended || rest.length === 0, `a part of a request: ${JSON.stringify(rest.toString('latin1'))}`);
    }
    // llhttp knows methods by name; to the gateway a method is any token (RFC 9110, 9.1).
    const comparable = got.filter(({ message }) => METHODS.includes(message.startLine.split(' ')[0] ?? ''));
    const bytes = Buffer.concat(comparable.map((it) => it.bytes));
    const { seen, refusal } = await readRequestsByNode(this.nodeReader, bytes);
    const expected = comparable.map(({ message }) => {
      const [method, url] = message.startLine.split(' ');
      return { method, url, fields: message.fields, content: message.body };
    });
    assert.deepEqual({ seen, refusal }, { seen: expected, refusal: '' });
  }
}

function methodOf(text: string): string {
  return /^(?:\r\n)?([A-Z]+) /.exec(text)?.[1] ?? 'GET';
}

async function takeAnswer(client: RawClient, method: string): Promise<{ message: WireMessage; bytes: Buffer }> {
  const message = await client.until('an answer', () =>
    readResponseAt(client.received, 0, { method, ended: client.ending === 'closed' }),
  );
  return { message, bytes: Buffer.from(client.take(message.end)) };
}

function holdRefusal(message: WireMessage, code: keyof typeof errorCodes, method: string): void {
  assert.equal(statusOf(message), errorCodes[code].status, message.body);
  if (method === 'HEAD') return;
  assert.equal((JSON.parse(message.body) as Record<string, unknown>)['code'], code, message.body);
  assert.deepEqual(valuesOf(message, 'connection'), ['close']);
}

async function sendInPieces(client: RawClient, text: string, cutting: Cutting): Promise<void> {
  if (cutting === 'whole') return client.write(text);
  const size = Math.ceil(text.length / mostPieces);
  for (let at = 0; at < text.length && client.ending === null; at += size)
    await client.write(text.slice(at, at + size));
}
