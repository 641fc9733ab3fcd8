import { once } from 'node:events';
import { request, type IncomingMessage, type RequestListener } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { readInteger } from '../src/cli/command.ts';
import { startGateway } from './gateway-process.ts';
import { startLoopbackTarget } from './loopback-target.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { takePort } from './ports.ts';
import { readPeakBytes, readProcessorSeconds, resetPeak } from './process-usage.ts';
import type { StartedProcess } from './processes.ts';
import { RawClient } from './raw-client.ts';
import { readSettledBytes } from './settled-memory.ts';
import type { Table } from './table.ts';

const megabyte = 1_000_000;
const piece = Buffer.alloc(64 * 1024, 'sluice');
const stallMs = 3_000;
const warmUpRequests = 2_000;

/** What large bodies cost: the peak of a gateway's memory while one passes through it. */
export const bodies: Measurement = {
  title: 'Large bodies',
  options: { megabytes: { type: 'string' } },
  plan(values) {
    const megabytes = readInteger(values, 'megabytes', { fallback: 100, minimum: 1, maximum: 100_000 });
    return () => run(megabytes);
  },
};

interface Transfer {
  readonly name: string;
  readonly direction: 'up' | 'down';
  readonly framing: 'length' | 'chunked';
  /** The receiver reads nothing at first, so that whoever is in between has to wait or to keep what arrives. */
  readonly stalls: boolean;
}

const transfers: readonly Transfer[] = [
  { name: 'up, Content-Length', direction: 'up', framing: 'length', stalls: false },
  { name: 'up, chunked', direction: 'up', framing: 'chunked', stalls: false },
  { name: 'down, Content-Length', direction: 'down', framing: 'length', stalls: false },
  { name: 'down, chunked', direction: 'down', framing: 'chunked', stalls: false },
  { name: 'up, to a target that reads nothing for 3 s', direction: 'up', framing: 'length', stalls: true },
  { name: 'down, to a client that reads nothing for 3 s', direction: 'down', framing: 'length', stalls: true },
];

async function run(megabytes: number): Promise<Table> {
  const rows = [];
  for (const transfer of transfers) {
    tellProgress(`${megabytes} MB ${transfer.name}`);
    rows.push(await measure(transfer, megabytes * megabyte));
  }
  const columns = [
    { key: 'transfer', heading: `${megabytes} MB` },
    { key: 'beforeMegabytes', heading: 'memory before, MB', decimals: 1 },
    { key: 'growthMegabytes', heading: 'growth at the peak, MB', decimals: 1 },
    { key: 'processorSeconds', heading: 'CPU, s', decimals: 2 },
  ];
  return { columns, rows, notes: [] };
}

async function measure(transfer: Transfer, size: number): Promise<Record<string, string | number>> {
  using target = await startLoopbackTarget(answerFor(transfer, size));
  const port = await takePort();
  // A fresh one for each, so that no row starts with what the row before it has left.
  const gateway = await startGateway({ port, targetPort: target.port, workers: 1, path: '/small' });
  try {
    await warmUp(port);
    const before = await readSettledBytes(gateway.id);
    const growth = await measureGrowth(gateway, before, () => send({ transfer, size, port }));
    return { transfer: transfer.name, beforeMegabytes: before / megabyte, ...growth };
  } finally {
    await gateway.stop();
  }
}

async function measureGrowth(
  gateway: StartedProcess,
  before: number,
  passBody: () => Promise<void>,
): Promise<{ growthMegabytes: number; processorSeconds: number }> {
  const usedBefore = readProcessorSeconds(gateway.id);
  resetPeak(gateway.id);
  await passBody();
  const growthMegabytes = (readPeakBytes(gateway.id) - before) / megabyte;
  return { growthMegabytes, processorSeconds: readProcessorSeconds(gateway.id) - usedBefore };
}

async function warmUp(port: number): Promise<void> {
  const client = await RawClient.open({ port, path: '/small', localAddress: '127.0.0.1' });
  for (let sent = 0; sent < warmUpRequests; sent += 1) await client.ask();
  await client.close();
}

/** The target: sends or counts the body at `/body`, and answers everything else with a few bytes. */
function answerFor({ direction, framing, stalls }: Transfer, size: number): RequestListener {
  return (incoming, response) => {
    const finish = async (): Promise<void> => {
      if (incoming.url !== '/body') response.end('small');
      else if (direction === 'down') {
        if (framing === 'length') response.setHeader('Content-Length', size);
        await writeBody(response, size);
      } else {
        if (stalls) await delay(stallMs);
        response.end(String(await countBody(incoming)));
      }
    };
    // The sender of the request hears of it as an answer that is cut off.
    finish().catch(() => response.destroy());
  };
}

/** The client: resolves when the whole body has passed, and rejects when bytes of it are missing. */
async function send({ transfer, size, port }: { transfer: Transfer; size: number; port: number }): Promise<void> {
  const { direction, framing, stalls } = transfer;
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: '/body',
    method: direction === 'up' ? 'POST' : 'GET',
    headers: direction === 'up' && framing === 'length' ? { 'Content-Length': size } : {},
    agent: false,
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  if (direction === 'up') await Promise.all([writeBody(outgoing, size), answered]);
  else outgoing.end();
  const [response] = await answered;
  if (direction === 'down' && stalls) await delay(stallMs);
  const arrived = direction === 'down' ? await countBody(response) : Number(await readText(response));
  if (arrived !== size) throw new Error(`Only ${arrived} of ${size} bytes arrived (status ${response.statusCode}).`);
}

async function writeBody(stream: Writable, size: number): Promise<void> {
  for (let left = size; left > 0; left -= piece.length) {
    const part = left < piece.length ? piece.subarray(0, left) : piece;
    if (!stream.write(part)) await once(stream, 'drain');
  }
  stream.end();
}

async function countBody(stream: Readable): Promise<number> {
  let count = 0;
  for await (const bytes of stream as AsyncIterable<Buffer>) count += bytes.length;
  return count;
}

async function readText(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const bytes of stream as AsyncIterable<Buffer>) pieces.push(bytes);
  return Buffer.concat(pieces).toString();
}
