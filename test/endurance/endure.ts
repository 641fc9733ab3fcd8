import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { assertSameCensus, takeCensus } from '../support/census.ts';
import { startProbedGateway, type ProbedGateway } from '../support/probed-gateway.ts';
import { plainGet, rawRequest } from '../support/raw-client.ts';
import { Bystander, type Latencies } from './bystander.ts';

const mebibyte = 1024 * 1024;
const calmSamples = 300;
const attackedSamples = 200;
/** An attack may make the answers of others ten times as slow; on a busy machine figures below this say nothing. */
const slowerAtMost = 10;
const leastLimitMs = 100;
const mostLimitMs = 250;

/** What a worker keeps to use again, above all requests that are over: 1,024 of them at most. */
const keptMebibytes = 8;

export interface AttackSetting {
  readonly t: TestContext;
  readonly gateway: ProbedGateway;
  readonly port: number;
}

export interface Attack {
  /** Of the upstream `attacked`; its routes are all paths but `/bystander/…`. */
  readonly targets: readonly string[];
  /** More of that upstream. */
  readonly upstream?: object;
  /** More of the document. */
  readonly document?: object;
  /** Words before the gateway's command. */
  readonly within?: readonly string[];
  /** By how much the gateway's resident memory may grow at its peak. */
  readonly peakMebibytes: number;
  /** New connections may fail meanwhile; those that there are may not. */
  readonly shutsNewcomersOut?: boolean;
  /** Resolves when the attack is over and its connections are closed. Other clients are measured meanwhile. */
  readonly run: (setting: AttackSetting) => Promise<void>;
}

/**
 * Runs an attack against a gateway of one worker, and holds the gateway to this: its memory grows within a bound and is
 * given back, nothing stays open, and other clients get their answers, hardly later than without the attack.
 */
export async function endure(t: TestContext, attack: Attack): Promise<void> {
  const bystander = await Bystander.start(t);
  const gateway = await startProbedGateway(t, documentOf(attack, bystander), { within: attack.within ?? [] });
  await rawRequest(t, gateway.port, plainGet.replace('GET /', 'GET /bystander/0'));
  const census = await takeCensus(gateway, { objects: false });
  bystander.begin(gateway.port);
  await bystander.take(calmSamples);
  const calm = await bystander.take(calmSamples);
  const heapBefore = await readHeap(gateway);
  const residentBefore = readStatus(gateway.id, 'VmRSS');
  writeFileSync(`/proc/${gateway.id}/clear_refs`, '5');
  await bystander.take(0);
  await attack.run({ t, gateway, port: gateway.port });
  const during = await bystander.take(attackedSamples);
  const peak = (readStatus(gateway.id, 'VmHWM') - residentBefore) / mebibyte;
  await bystander.end();
  await assertSameCensus(gateway, census);
  const kept = ((await readHeap(gateway)) - heapBefore) / mebibyte;
  t.diagnostic(
    `others: p99 ${describe(calm)} before, ${describe(during)} meanwhile; ` +
      `memory: ${peak.toFixed(1)} MiB more at the peak, ${kept.toFixed(2)} MiB of heap kept`,
  );
  const failures = [...calm.failures, ...calm.newcomerFailures, ...during.failures];
  if (attack.shutsNewcomersOut !== true) failures.push(...during.newcomerFailures);
  assert.deepEqual(failures.slice(0, 3), []);
  const limitMs = Math.min(Math.max(slowerAtMost * calm.p99Ms, leastLimitMs), mostLimitMs);
  assert.ok(during.p99Ms <= limitMs, `p99 of others: ${during.p99Ms} ms, at most ${limitMs} ms`);
  assert.ok(peak <= attack.peakMebibytes, `${peak} MiB more at the peak, at most ${attack.peakMebibytes}`);
  assert.ok(kept <= keptMebibytes, `${kept} MiB of heap are kept`);
}

function documentOf({ targets, upstream, document }: Attack, bystander: Bystander): object {
  const plain = { health: false, retry: false, breaker: false, pool: { idle_timeout: '300ms' } };
  return {
    upstreams: {
      attacked: { targets, ...plain, ...upstream },
      bystander: { targets: [bystander.targetUrl], ...plain },
    },
    routes: [
      { name: 'bystander', match: { path: '/bystander/*' }, upstream: 'bystander' },
      { name: 'attacked', upstream: 'attacked' },
    ],
    ...document,
  };
}

async function readHeap({ threads, workers }: ProbedGateway): Promise<number> {
  const reports = await threads.ask(workers + 1, { collect: true });
  return reports.reduce((sum, { heapUsed, external }) => sum + heapUsed + external, 0);
}

/** Bytes of a process by the name in proc(5): what is resident now, or the most that it was since this was begun anew. */
function readStatus(id: number, name: 'VmRSS' | 'VmHWM'): number {
  return (
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]) * 1024
  );
}

function describe({ count, p50Ms, p99Ms, maximumMs }: Latencies): string {
  return `${p99Ms.toFixed(1)} ms (median ${p50Ms.toFixed(1)}, most ${maximumMs.toFixed(1)}, of ${count})`;
}
