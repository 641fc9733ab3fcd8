import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { assertSameCensus, takeCensus, type Census } from '../support/census.ts';
import { FaultProxy, type Faults } from '../support/fault-proxy.ts';
import { readOpenFiles } from '../support/open-files.ts';
import { startProbedGateway, type ProbedGateway } from '../support/probed-gateway.ts';
import { requestText } from '../support/raw-client.ts';
import { waitUntil } from '../support/wait.ts';
import { startCountingTarget, type CountingTarget, type Framing } from './counting-target.ts';
import { askOnce, assertHonest, inParallel, tally, type Asked, type Outcome } from './outcome.ts';

export const kinds = ['GET', 'POST with a length', 'POST in chunks'] as const;
export type RequestKind = (typeof kinds)[number];

const body = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** What of a line of the access log is looked at here. */
interface LogLine {
  readonly status_code: number;
  readonly error: string;
}

/** What one client asked and got. */
export interface Told {
  readonly asked: Asked;
  readonly outcome: Outcome;
}

/** A target, a gateway, and a proxy between the two or before both that does what a test wants to go wrong. */
export class ChaosSetting {
  readonly gateway: ProbedGateway;
  readonly proxy: FaultProxy;
  readonly counting: CountingTarget;
  /** Where clients connect. */
  readonly port: number;
  private readonly t: TestContext;
  private readonly logFile: string;
  private census: Census | null = null;
  private loggedBefore = 0;
  /** Each request has a path of its own, of the same length. */
  private nextNumber = 10_000;

  private constructor(
    init: Pick<ChaosSetting, 'gateway' | 'proxy' | 'counting' | 'port'> & { t: TestContext; logFile: string },
  ) {
    this.gateway = init.gateway;
    this.proxy = init.proxy;
    this.counting = init.counting;
    this.port = init.port;
    this.t = init.t;
    this.logFile = init.logFile;
  }

  /** `upstream` is of the configuration; without more, no request is sent twice and no connection is used twice. */
  static async start(t: TestContext, side: 'target' | 'client', upstream: object = {}): Promise<ChaosSetting> {
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-chaos-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const logFile = path.join(folder, 'access.log');
    const counting = await startCountingTarget(t);
    const inFront = side === 'target' ? await FaultProxy.start(t, counting.target.port) : null;
    const gateway = await startProbedGateway(t, {
      access_log: { file: logFile },
      limits: { head_timeout: '700ms', body_idle_timeout: '700ms', keep_alive_timeout: '700ms' },
      upstreams: {
        backends: {
          targets: [inFront?.url ?? counting.target.url],
          health: false,
          retry: false,
          breaker: false,
          timeouts: { connect: '1s', response: '700ms', idle: '700ms' },
          pool: { max_idle: 0 },
          ...upstream,
        },
      },
      routes: [{ name: 'all', upstream: 'backends' }],
    });
    const proxy = inFront ?? (await FaultProxy.start(t, gateway.port));
    const port = side === 'target' ? gateway.port : proxy.port;
    return new ChaosSetting({ t, gateway, proxy, counting, port, logFile });
  }

  /** A request that no other is like. */
  createRequest(kind: RequestKind, framing: Framing = 'length'): Asked {
    const target = `/${framing}/${this.nextNumber++}`;
    if (kind === 'GET') return { path: target, method: 'GET', bytes: requestText('GET', target) };
    const [fields, written] =
      kind === 'POST in chunks'
        ? [{ 'Transfer-Encoding': 'chunked' }, `a\r\n${body.slice(0, 10)}\r\n1a\r\n${body.slice(10)}\r\n0\r\n\r\n`]
        : [{ 'Content-Length': `${body.length}` }, body];
    return { path: target, method: 'POST', bytes: requestText('POST', target, fields) + written };
  }

  /** The lengths of a request and of its answer on their way through the proxy. */
  async measure(kind: RequestKind, framing: Framing): Promise<{ readonly up: number; readonly down: number }> {
    this.proxy.plan = () => ({});
    const asked = this.createRequest(kind, framing);
    assert.equal(assertHonest(await askOnce(this.t, this.port, asked), asked, []), '200');
    const used = this.proxy.connections.at(-1);
    assert.ok(used !== undefined);
    return { up: used.upBytes, down: used.downBytes };
  }

  /** Asks once for each of these faults, which are those of its connection through the proxy. */
  async askWith(faults: readonly Faults[], create: () => Asked, atOnce?: number): Promise<Told[]> {
    const first = this.proxy.connections.length;
    this.proxy.plan = (number) => faults[number - first] ?? {};
    const all = faults.map(() => create());
    return inParallel(all, async (asked) => ({ asked, outcome: await askOnce(this.t, this.port, asked) }), atOnce);
  }

  /** How often the target saw the head of a request, and how often all of it. */
  seen({ path: target }: Asked): { readonly heads: number; readonly whole: number } {
    const { heads, requests } = this.counting;
    return { heads: heads.get(target) ?? 0, whole: requests.get(target) ?? 0 };
  }

  /** Resets what is open through the proxy; resolves when the gateway has noticed that its targets are gone. */
  async dropConnections(): Promise<void> {
    this.proxy.resetAll();
    const { gateway } = this;
    const isGone = () => {
      const open = Object.keys(readOpenFiles(gateway.id, { [gateway.port]: 'client', [gateway.adminPort]: 'admin' }));
      return !open.some((kind) => kind.startsWith('connection to another'));
    };
    await waitUntil('the connections to targets are gone', isGone);
  }

  /** Begins to count what is open, and what is logged. */
  async begin(): Promise<void> {
    this.proxy.plan = () => ({});
    this.census = await takeCensus(this.gateway);
    this.loggedBefore = this.readLog().length;
  }

  /** Holds the gateway to what was open before. Returns how often each status and code were logged since. */
  async finish(count: number): Promise<Record<string, number>> {
    assert.ok(this.census !== null);
    this.proxy.resetAll();
    await assertSameCensus(this.gateway, this.census);
    assert.doesNotMatch(this.gateway.text(), /"level":"(?:error|warn)"/);
    const lines = await waitUntil('every request is logged', () => {
      const now = this.readLog().slice(this.loggedBefore);
      return now.length >= count ? now : null;
    });
    return tally(lines.map(({ status_code: status, error }) => `${status} ${error}`.trimEnd()));
  }

  private readLog(): LogLine[] {
    const lines = readFileSync(this.logFile, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }
}
