import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { assertSameCensus, takeCensus } from '../support/census.ts';
import { FaultProxy, type Faults } from '../support/fault-proxy.ts';
import { startProbedGateway, type ProbedGateway } from '../support/probed-gateway.ts';
import { requestText } from '../support/raw-client.ts';
import { framings, startCountingTarget, type CountingTarget, type Framing } from './counting-target.ts';
import { askOnce, assertHonest, inParallel, tally, type Asked } from './outcome.ts';

interface Setting {
  readonly t: TestContext;
  readonly gateway: ProbedGateway;
  readonly proxy: FaultProxy;
  readonly counting: CountingTarget;
  /** Numbers requests, so that each has a path of its own. */
  nextNumber: number;
}

type RequestKind = 'GET' | 'POST with a length' | 'POST in chunks';
const kinds: readonly RequestKind[] = ['GET', 'POST with a length', 'POST in chunks'];
const body = 'abcdefghijklmnopqrstuvwxyz0123456789';

function createRequest(setting: Setting, kind: RequestKind, framing: Framing = 'length'): Asked {
  const target = `/${framing}/${setting.nextNumber++}`;
  if (kind === 'GET') return { path: target, method: 'GET', bytes: requestText('GET', target) };
  const isChunked = kind === 'POST in chunks';
  const head = requestText('POST', target, isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': `${body.length}` });
  return { path: target, method: 'POST', bytes: head + (isChunked ? `a\r\n${body.slice(0, 10)}\r\n1a\r\n${body.slice(10)}\r\n0\r\n\r\n` : body) };
}

/** The lengths of a request and of its answer on the way between gateway and target. */
async function measure(setting: Setting, kind: RequestKind, framing: Framing): Promise<{ up: number; down: number }> {
  const { proxy, gateway, t } = setting;
  proxy.plan = () => ({});
  // With room for as many digits as later numbers have.
  setting.nextNumber = Math.max(setting.nextNumber, 10_000);
  const asked = createRequest(setting, kind, framing);
  assertHonest(await askOnce(t, gateway.port, asked), asked, []);
  const used = proxy.connections.at(-1);
  assert.ok(used !== undefined);
  return { up: used.upBytes, down: used.downBytes };
}

/** Asks once for each of these faults, on a new connection to the target each. */
async function askWith(setting: Setting, faults: readonly Faults[], create: () => Asked) {
  const { proxy, gateway, t } = setting;
  proxy.resetAll();
  const first = proxy.connections.length;
  proxy.plan = (number) => faults[number - first] ?? {};
  const all = faults.map(create);
  return inParallel(all, async (asked) => ({ asked, outcome: await askOnce(t, gateway.port, asked) }));
}
