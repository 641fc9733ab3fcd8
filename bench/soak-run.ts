import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { waitUntil } from '../test/support/wait.ts';
import { SoakGateway, type SoakSample } from './soak-gateway.ts';
import { judgeSamples, type Allowances, type Trend } from './soak-judge.ts';
import { SoakTargets } from './soak-target.ts';
import { SoakTraffic } from './soak-traffic.ts';

export interface SoakPlan {
  readonly seconds: number;
  /** What is before this is not judged. */
  readonly warmUpSeconds: number;
  readonly sampleSeconds: number;
  /** Between two collections of garbage. */
  readonly collectSeconds: number;
  readonly reloadSeconds: number;
  readonly allowances: Allowances;
  readonly onProgress?: (text: string) => void;
}

export interface SoakReport {
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly samples: readonly SoakSample[];
  readonly trends: readonly Trend[];
  /** How often each kind of client got each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Everything that should not have been, one sentence each; empty for a soak that was endured. */
  readonly faults: readonly string[];
}

/** Runs mixed traffic with aborts, faults and reloads against a gateway, and judges what became of it. */
export async function runSoak(plan: SoakPlan): Promise<SoakReport> {
  const targets = await SoakTargets.start();
  try {
    const gateway = await SoakGateway.start(targets);
    try {
      return await soak(gateway, plan);
    } finally {
      await gateway.stop();
    }
  } finally {
    targets.stop();
  }
}

async function soak(gateway: SoakGateway, plan: SoakPlan): Promise<SoakReport> {
  // What is opened with the first requests, such as the access log, stays.
  await sendTraffic(gateway, 1);
  const filesBefore = gateway.openFiles();
  const traffic = new SoakTraffic(gateway.port);
  traffic.start();
  const samples = await watch(gateway, traffic, plan);
  await traffic.stop();
  const { wrong, outcomes } = traffic.counts;
  const last = samples.at(-1);
  const trends = judgeSamples(samples, plan.warmUpSeconds, plan.allowances);
  const faults = [
    ...wrong.slice(0, 20),
    ...gateway.complaints.slice(0, 20),
    ...trends
      .filter(({ isFlat }) => !isFlat)
      .map(({ name, rise, unit }) => `${name} grew by ${rise.toFixed(1)} ${unit}`),
    ...(await findRemains(gateway, filesBefore)),
  ];
  if ((last?.failedReloads ?? 0) > 0) faults.push(`${last?.failedReloads} reloads failed`);
  if ((last?.reloads ?? 0) < plan.seconds / plan.reloadSeconds / 2)
    faults.push(`there were only ${last?.reloads} reloads`);
  return { seconds: plan.seconds, warmUpSeconds: plan.warmUpSeconds, samples, trends, outcomes, faults };
}

/** Traffic before the one that is watched. */
async function sendTraffic(gateway: SoakGateway, seconds: number): Promise<void> {
  const traffic = new SoakTraffic(gateway.port);
  traffic.start();
  await delay(seconds * 1_000);
  await traffic.stop();
  await waitUntil('it is over', async () => (await gateway.metrics()).sum('gateway_connections') === 0);
}

async function watch(gateway: SoakGateway, traffic: SoakTraffic, plan: SoakPlan): Promise<SoakSample[]> {
  const samples: SoakSample[] = [];
  const startedMs = performance.now();
  const elapsed = () => (performance.now() - startedMs) / 1_000;
  let nextCollection = 0;
  let nextReload = plan.reloadSeconds;
  while (elapsed() < plan.seconds) {
    const collect = elapsed() >= nextCollection;
    if (collect) nextCollection += plan.collectSeconds;
    const sample = await gateway.sample(elapsed(), { collect });
    samples.push(sample);
    if (collect) plan.onProgress?.(describe(sample, traffic.counts.wrong.length));
    while (elapsed() >= nextReload) {
      nextReload += plan.reloadSeconds;
      gateway.reload();
    }
    await delay(plan.sampleSeconds * 1_000);
  }
  return samples;
}

function describe({ seconds, requests, residentBytes, openFiles, reloads }: SoakSample, wrong: number): string {
  const memory = `${(residentBytes / 1_048_576).toFixed(0)} MiB`;
  return `${seconds.toFixed(0)} s: ${requests} requests, ${memory}, ${openFiles} files, ${reloads} reloads, ${wrong} wrong`;
}

/** What is left of the traffic once it is over and connections to targets have had the time to become old. */
async function findRemains(gateway: SoakGateway, before: ReturnType<SoakGateway['openFiles']>): Promise<string[]> {
  const withoutTargets = (files: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(files).filter(([kind]) => !kind.startsWith('connection to another: established')),
    );
  const rested = await waitUntil('the traffic is over', async () => {
    const page = await gateway.metrics();
    const idle = page.sum('gateway_connections') === 0 && page.sum('gateway_requests_in_flight') === 0;
    return idle && isDeepStrictEqual(withoutTargets(gateway.openFiles()), withoutTargets(before));
  }).catch(() => false);
  if (rested) return [];
  const page = await gateway.metrics();
  const now = JSON.stringify({
    files: gateway.openFiles(),
    connections: page.sum('gateway_connections'),
    inFlight: page.sum('gateway_requests_in_flight'),
  });
  return [`after the traffic there is still ${now}, before it ${JSON.stringify(before)}`];
}
