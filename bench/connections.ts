import { readInteger } from '../src/cli/command.ts';
import { startGateway } from './gateway-process.ts';
import { answerUser, startLoopbackTarget } from './loopback-target.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { takePort } from './ports.ts';
import { readFileLimit } from './process-usage.ts';
import type { StartedProcess } from './processes.ts';
import { RawClient } from './raw-client.ts';
import { readSettledBytes } from './settled-memory.ts';
import type { Table, Value } from './table.ts';

const path = '/api/users/1';
/** An address has some 28,000 ports to connect from, of which others may be in use. */
const connectionsPerAddress = 8_000;
const openAtOnce = 100;
const warmUpConnections = 100;
const warmUpRequests = 20_000;
const askedAgain = 200;
/** Memory is read at as many counts. */
const steps = 4;
/** What a gateway opens besides the connections of its clients. */
const reservedFiles = 500;

/** What an idle connection costs: memory of a gateway before and after very many of them. */
export const connections: Measurement = {
  title: 'Idle connections',
  options: { idle: { type: 'string' } },
  plan(values) {
    const wanted = readInteger(values, 'idle', { fallback: 10_000, minimum: 1, maximum: 1_000_000 });
    return () => run(wanted);
  },
};

async function run(wanted: number): Promise<Table> {
  using target = await startLoopbackTarget(answerUser);
  const port = await takePort();
  const gateway = await startGateway({ port, targetPort: target.port, workers: 1, path });
  try {
    const possible = Math.min(readFileLimit(gateway.id), readFileLimit(process.pid)) - reservedFiles;
    const count = Math.min(wanted, possible);
    const rows = await measure(gateway, { port, count });
    const notes =
      count < wanted
        ? [`Only ${count} connections: a process may open no more files here (ulimit -n, hard limit).`]
        : [];
    return { columns, rows, notes };
  } finally {
    await gateway.stop();
  }
}

const columns = [
  { key: 'state', heading: 'idle connections' },
  { key: 'megabytes', heading: 'memory, MB', decimals: 1 },
  { key: 'kilobytesPerConnection', heading: 'more than before them, KB per connection', decimals: 1 },
] as const;

async function measure(
  gateway: StartedProcess,
  { port, count }: { readonly port: number; readonly count: number },
): Promise<Record<string, Value>[]> {
  await warmUp(port);
  const before = await readSettledBytes(gateway.id);
  const rows: Record<string, Value>[] = [{ state: 'none yet', megabytes: before / 1e6, kilobytesPerConnection: null }];
  const clients: RawClient[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const wanted = Math.round((count * step) / steps);
    tellProgress(`${wanted} connections`);
    clients.push(...(await openAll(port, { from: clients.length, to: wanted })));
    const now = await readSettledBytes(gateway.id);
    const state = wanted.toLocaleString('en-GB');
    rows.push({ state, megabytes: now / 1e6, kilobytesPerConnection: (now - before) / wanted / 1e3 });
  }
  await checkAlive(clients);
  await Promise.all(clients.map((client) => client.close()));
  const closed = await readSettledBytes(gateway.id);
  rows.push({ state: 'none any more', megabytes: closed / 1e6, kilobytesPerConnection: null });
  return rows;
}

/** That connections are open at this end only would prove nothing, so some of them have another request answered. */
async function checkAlive(clients: readonly RawClient[]): Promise<void> {
  const lost = clients.filter((client) => !client.isOpen).length;
  if (lost > 0) throw new Error(`${lost} of ${clients.length} connections were closed while they were idle.`);
  const stride = Math.max(1, Math.floor(clients.length / askedAgain));
  for (let at = 0; at < clients.length; at += stride) await clients[at]?.ask();
}

/** Lets the heap grow to what requests need, so that it does not count as the connections' memory. */
async function warmUp(port: number): Promise<void> {
  const clients = await openAll(port, { from: 0, to: warmUpConnections });
  for (let sent = 0; sent < warmUpRequests; sent += clients.length) {
    await Promise.all(clients.map((client) => client.ask()));
  }
  await Promise.all(clients.map((client) => client.close()));
}

/** Opens the connections with these numbers, `to` not included, each of which has one request answered. */
async function openAll(
  port: number,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let at = from; at < to; at += openAtOnce) {
    const batch = Array.from({ length: Math.min(openAtOnce, to - at) }, async (_, place) => {
      const client = await RawClient.open({ port, path, localAddress: localAddressFor(at + place) });
      await client.ask();
      return client;
    });
    clients.push(...(await Promise.all(batch)));
  }
  return clients;
}

function localAddressFor(index: number): string {
  return `127.0.0.${1 + Math.floor(index / connectionsPerAddress)}`;
}
