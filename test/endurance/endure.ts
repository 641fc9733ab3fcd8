import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { assertSameCensus, takeCensus } from '../support/census.ts';
import { startProbedGateway, type ProbedGateway } from '../support/probed-gateway.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';
import { Bystander, bystanderConnections } from './bystander.ts';
import type { Latencies } from './latencies.ts';

const mebibyte = 1024 * 1024;
const calmSamples = 250;
const attackedSamples = 250;
/** An attack may make the answers of others ten times as slow; on a busy machine figures below this say nothing. */
const slowerAtMost = 10;
const leastLimitMs = 100;
const mostLimitMs = 250;
/** What others do on the machine is over after a while; what an attack does is there again at the next one. */
const rounds = 3;
/** Of resident memory, while an attack runs: what the collector of a worker that works hard gives itself is most of it. */
const peakMebibytes = 96;
/** Of the heap, when all is over: what workers keep to use again, above all 1,024 requests each. */
const keptMebibytes = 10;

export interface Endurance {
  /** Upstreams and their targets; each has the paths below its name. */
  readonly upstreams?: Readonly<Record<string, { readonly targets: readonly string[] }>>;
  /** More routes. */
  readonly routes?: readonly object[];
  readonly limits?: object;
  /** More of the document. */
  readonly document?: object;
  /** How long connections to targets are kept. */
  readonly idleMs?: number;
  /** Words before the gateway's command. */
  readonly within?: readonly string[];
}

export interface Attacked {
  readonly gateway: ProbedGateway;
  readonly port: number;
  /** New connections may fail meanwhile; those that there are may not. */
  newcomersMayFail: boolean;
  /**
   * Runs an attack. While it runs, the gateway's memory grows within a bound, and other clients get their answers, hardly
   * later than without it; after it, no connection but theirs is left. Where the answers were late, it is run anew, up to
   * three times in all: a machine may have been busy with something else.
   */
  attack(t: TestContext, run: () => Promise<void>): Promise<void>;
  /** After the attacks: nothing is open that was not before, and the memory is given back. */
  assertUnscathed(): Promise<void>;
}

/** Starts a gateway of one worker, and clients at the paths below `/bystander` that have nothing to do with attacks. */
export async function startAttacked(t: TestContext, endurance: Endurance): Promise<Attacked> {
  const bystander = await Bystander.start(t);
  const gateway = await startProbedGateway(t, documentOf(endurance, bystander), { within: endurance.within ?? [] });
  const { port } = gateway;
  await rawRequest(t, port, requestText('GET', '/bystander/0'));
  const census = await takeCensus(gateway, { restMs: (endurance.idleMs ?? 300) + 200 });
  bystander.begin(port);
  await bystander.take(calmSamples);
  const heapBefore = await readHeap(gateway);
  return {
    gateway,
    port,
    newcomersMayFail: false,
    async attack(this: Attacked, subtest, run) {
      for (let round = 1; ; round += 1) {
        const residentBefore = readStatus(gateway.id, 'VmRSS');
        writeFileSync(`/proc/${gateway.id}/clear_refs`, '5');
        await bystander.take(0);
        const calm = await bystander.take(calmSamples);
        await run();
        const during = await bystander.take(attackedSamples);
        const peak = (readStatus(gateway.id, 'VmHWM') - residentBefore) / mebibyte;
        subtest.diagnostic(`others: ${describe(during)}, before ${describe(calm)}; ${peak.toFixed(1)} MiB more memory`);
        assertAnswered([calm, during], this.newcomersMayFail);
        assert.ok(peak <= peakMebibytes, `${peak} MiB more at the peak`);
        const areLeft = 'gateway_connections';
        await gateway.metricsWhere('the connections are gone', (page) => page.sum(areLeft) <= bystanderConnections);
        const limitMs = Math.min(Math.max(slowerAtMost * calm.p99Ms, leastLimitMs), mostLimitMs);
        if (during.p99Ms <= limitMs) return;
        assert.ok(round < rounds, `p99 of others: ${during.p99Ms} ms, at most ${limitMs} ms`);
      }
    },
    async assertUnscathed() {
      await bystander.end();
      await assertSameCensus(gateway, census);
      const kept = ((await readHeap(gateway)) - heapBefore) / mebibyte;
      t.diagnostic(`${kept.toFixed(1)} MiB of heap are kept`);
      assert.ok(kept <= keptMebibytes, `${kept} MiB of heap are kept`);
    },
  };
}

function assertAnswered(taken: readonly Latencies[], newcomersMayFail: boolean): void {
  const failures = taken.flatMap((each) =>
    newcomersMayFail ? each.failures : [...each.failures, ...each.newcomerFailures],
  );
  assert.deepEqual(failures.slice(0, 3), []);
}

function documentOf(endurance: Endurance, bystander: Bystander): object {
  const { upstreams = {}, routes = [], limits = {}, idleMs = 300, document } = endurance;
  const plain = { health: false, retry: false, breaker: false, pool: { idle_timeout: `${idleMs}ms` } };
  const all = { ...upstreams, bystander: { targets: [bystander.targetUrl] } };
  return {
    limits: { head_timeout: '1500ms', body_idle_timeout: '1s', keep_alive_timeout: '1500ms', ...limits },
    upstreams: Object.fromEntries(Object.entries(all).map(([name, upstream]) => [name, { ...plain, ...upstream }])),
    routes: [...Object.keys(all).map((name) => ({ name, match: { path: `/${name}/*` }, upstream: name })), ...routes],
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
  return `p99 ${p99Ms.toFixed(1)} ms (median ${p50Ms.toFixed(1)}, most ${maximumMs.toFixed(1)}, of ${count})`;
}
