/** The thread of a bystander: a target, and clients that ask it through the gateway, in a thread that has nothing else to do. */
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { BystanderQuestion, Latencies } from './latencies.ts';

const keepingClients = 3;
const pauseMs = 4;

let durationsMs: number[] = [];
let failures: string[] = [];
let newcomerFailures: string[] = [];
let lastNumber = 0;
const ending = new AbortController();
let clients: Promise<void>[] = [];
const agent = new Agent({ keepAlive: true });

async function ask(port: number, by: Agent | false): Promise<void> {
  const number = String(++lastNumber);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request({ port, host: '127.0.0.1', path: `/bystander/${number}`, agent: by }, (response) => {
    let text = '';
    response.setEncoding('latin1').on('data', (part: string) => (text += part));
    response.on('end', () => resolve(`${response.statusCode} ${text}`));
    response.on('error', reject);
  });
  outgoing.on('error', reject).end();
  const answer = await promise;
  if (answer !== `200 /bystander/${number}`) failures.push(`${number}: ${answer}`);
}

/** One request after the other; without an agent each on a connection of its own. */
async function askOnAndOn(port: number, by: Agent | false): Promise<void> {
  while (!ending.signal.aborted) {
    const startedMs = performance.now();
    await ask(port, by).catch((error: unknown) => {
      (by === false ? newcomerFailures : failures).push(String(error));
    });
    durationsMs.push(performance.now() - startedMs);
    await delay(pauseMs);
  }
}

function takeLatencies(): Latencies {
  const sorted = durationsMs.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
  const taken = { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maximumMs: at(1), failures, newcomerFailures };
  durationsMs = [];
  failures = [];
  newcomerFailures = [];
  return taken;
}

async function receive(question: BystanderQuestion): Promise<void> {
  if (question.kind === 'begin') {
    const agents = [...Array.from({ length: keepingClients }, () => agent), false as const];
    clients = agents.map((each) => askOnAndOn(question.port, each));
    return;
  }
  if (question.kind === 'end') {
    ending.abort();
    await Promise.all(clients);
    agent.destroy();
  } else {
    while (durationsMs.length < question.least) await delay(pauseMs);
  }
  parentPort?.postMessage(takeLatencies());
}

const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => response.end(incoming.url));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
parentPort?.on('message', (question: BystanderQuestion) => void receive(question));
parentPort?.postMessage((server.address() as AddressInfo).port);
