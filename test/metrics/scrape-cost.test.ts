import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createAdminApp } from '../../src/admin/admin-app.ts';
import { createTestView } from '../../src/admin/fixtures/test-view.ts';
import type { GatewayView } from '../../src/admin/gateway-view.ts';
import { DurationWindow } from '../../src/control/duration-window.ts';
import { listPatterns } from '../../src/control/running-program.ts';
import { layOutMemory } from '../../src/control/slot-book.ts';
import { WorkerCounters } from '../../src/state/counters.ts';
import { WorkerHistograms } from '../../src/state/histogram.ts';
import { slotsInUse, type SharedState } from '../../src/state/layout.ts';

const routes = 1_000;
const workers = 4;
/** What no request may be held up by. */
const longestPauseMs = 5;
/** The first ones run code that is not compiled yet, and the garbage collector may come at any of them. */
const attempts = 10;

/** A gateway on whose every route every worker has answered in many ways. */
function createBusyView(): GatewayView {
  const names = Array.from({ length: routes }, (_, index) => `route-${index}`);
  const { view } = createTestView({
    routes: names.map((name) => ({ name, match: { path: `/${name}/*` }, upstream: 'pets' })),
  });
  const { state, first } = layOutMemory(view.config, workers);
  for (let worker = 0; worker < workers; worker += 1) fill(state, worker);
  return { ...view, slots: first.slots, state, patterns: new Map(listPatterns(view.config, first.slots)) };
}

function fill(state: SharedState, worker: number): void {
  const counters = new WorkerCounters(state, worker);
  const histograms = new WorkerHistograms(state, worker);
  for (let slot = 0; slot < slotsInUse(state).routes; slot += 1) {
    for (let status = 200; status < 208; status += 1) counters.countRequest(slot, status % 4, status);
    for (let turn = 0; turn < 300; turn += 1) histograms.recordRequest(slot, 50 * 1.04 ** turn);
    counters.countRefusal(slot, 'rate_limited');
    counters.countRefusal(slot, 'upstream_timeout');
  }
}

/** The longest time on the processor during the work in which this thread did nothing else. */
async function measureLongestPause(work: () => Promise<unknown>): Promise<number> {
  const progress = { isOver: false };
  const done = work().finally(() => {
    progress.isOver = true;
  });
  let longestMs = 0;
  for (let before = threadTimeMs(); !progress.isOver;) {
    await nextTurn();
    const now = threadTimeMs();
    longestMs = Math.max(longestMs, now - before);
    before = now;
  }
  await done;
  return longestMs;
}

/** By the processor's time, so that other programs do not count. */
function threadTimeMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

async function measureShortestOf(work: () => Promise<unknown>): Promise<number> {
  let shortestMs = Infinity;
  for (let attempt = 0; attempt < attempts && shortestMs > longestPauseMs; attempt += 1) {
    shortestMs = Math.min(shortestMs, await measureLongestPause(work));
  }
  return shortestMs;
}

test(`a scrape of ${routes} routes leaves the control thread to others after each few milliseconds`, async (t) => {
  const view = createBusyView();
  const app = createAdminApp({ view, logger: { log: (_level, message) => assert.fail(message) }, direct: true });
  let lines = 0;
  const pauseMs = await measureShortestOf(async () => {
    lines = (await (await app.request('/metrics')).text()).split('\n').length;
  });
  assert.ok(lines > routes * (16 + 3 + 8), `${lines} lines`);
  t.diagnostic(`${lines} lines, ${pauseMs.toFixed(1)} ms at once`);
  assert.ok(pauseMs < longestPauseMs, `the thread was held up for ${pauseMs} ms`);
});

test(`a sample of the durations of ${routes} routes does so too`, async (t) => {
  const { state, clock } = createBusyView();
  const window = new DurationWindow({ state, clock, logger: { log: (_level, message) => assert.fail(message) } });
  const pauseMs = await measureShortestOf(() => window.sample());
  t.diagnostic(`${pauseMs.toFixed(1)} ms at once`);
  assert.ok(pauseMs < longestPauseMs, `the thread was held up for ${pauseMs} ms`);
});
