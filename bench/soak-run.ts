import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { OpenFiles } from '../test/support/open-files.ts';
import { waitUntil } from '../test/support/wait.ts';
import { SoakGateway, type SoakRest, type SoakSample } from './soak-gateway.ts';
import { findSensitivity, judgeSoak, type Sensitivity, type Trend } from './soak-judge.ts';
import { SoakTargets } from './soak-target.ts';
import { SoakTraffic } from './soak-traffic.ts';

export interface SoakPlan {
  readonly seconds: number;
  /** What is before this is not judged. */
  readonly warmUpSeconds: number;
  readonly sampleSeconds: number;
  /** How long the traffic runs before it is stopped to see what is left. */
  readonly burstSeconds: number;
  readonly reloadSeconds: number;
  readonly onProgress?: (text: string) => void;
}

export interface SoakReport {
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly samples: readonly SoakSample[];
  readonly rests: readonly SoakRest[];
  readonly trends: readonly Trend[];
  readonly sensitivity: Sensitivity;
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
  const watched = await watch(gateway, traffic, plan);
  const { samples, rests } = watched;
  const { wrong, outcomes } = traffic.counts;
  const last = samples.at(-1);
  const trends = judgeSoak(samples, rests, plan.warmUpSeconds);
  const faults = [
    ...wrong.slice(0, 20),
    ...gateway.complaints.slice(0, 20),
    ...trends
      .filter(({ isFlat }) => !isFlat)
      .map(({ name, rise, unit }) => `${name} grew by ${rise.toFixed(2)} ${unit}`),
    ...(await findRemains(gateway, filesBefore)),
  ];
  if ((last?.failedReloads ?? 0) > 0) faults.push(`${last?.failedReloads} reloads failed`);
  if ((last?.reloads ?? 0) < plan.seconds / plan.reloadSeconds / 2)
    faults.push(`there were only ${last?.reloads} reloads`);
  const { seconds, warmUpSeconds } = plan;
  const sensitivity = findSensitivity(rests, warmUpSeconds);
  return { seconds, warmUpSeconds, samples, rests, trends, sensitivity, outcomes, faults };
}

/** Traffic before the one that is watched. */
async function sendTraffic(gateway: SoakGateway, seconds: number): Promise<void> {
  const traffic = new SoakTraffic(gateway.port);
  traffic.start();
  await delay(seconds * 1_000);
  await traffic.stop();
  await gateway.rest(0);
}

interface Watched {
  readonly samples: readonly SoakSample[];
  readonly rests: readonly SoakRest[];
}

/** Traffic in bursts, with a look at what is left before the first one and after each. */
async function watch(gateway: SoakGateway, traffic: SoakTraffic, plan: SoakPlan): Promise<Watched> {
  const samples: SoakSample[] = [];
  const startedMs = performance.now();
  const elapsed = () => (performance.now() - startedMs) / 1_000;
  const rests = [await gateway.rest(0)];
  let reloadAt = plan.reloadSeconds;
  while (elapsed() < plan.seconds) {
    const burstEnd = elapsed() + plan.burstSeconds;
    traffic.start();
    while (elapsed() < burstEnd) {
      await delay(plan.sampleSeconds * 1_000);
      samples.push(await gateway.sample(elapsed()));
      if (elapsed() < reloadAt) continue;
      reloadAt += plan.reloadSeconds;
      gateway.reload();
    }
    await traffic.stop();
    rests.push(await gateway.rest(elapsed()));
    const last = samples.at(-1);
    if (last !== undefined) plan.onProgress?.(describe(last, traffic.counts.wrong.length));
  }
  return { samples, rests };
}

function describe({ seconds, requests, residentBytes, openFiles, reloads }: SoakSample, wrong: number): string {
  const memory = `${(residentBytes / 1_048_576).toFixed(0)} MiB`;
  return `${seconds.toFixed(0)} s: ${requests} requests, ${memory}, ${openFiles} files, ${reloads} reloads, ${wrong} wrong`;
}

/** What is left of the traffic once it is over. */
async function findRemains(gateway: SoakGateway, before: OpenFiles): Promise<string[]> {
  const rested = await waitUntil('the traffic is over', async () => {
    const page = await gateway.metrics();
    const idle = page.sum('gateway_connections') === 0 && page.sum('gateway_requests_in_flight') === 0;
    return idle && isDeepStrictEqual(gateway.openFiles(), before);
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
