import { do_not_optimize as keep } from 'mitata';
import { RequestHead } from '../../src/core/request-head.ts';
import type { TemplateSource } from '../../src/core/template.ts';
import { Cursors } from '../../src/state/cursors.ts';
import { createSharedState } from '../../src/state/layout.ts';
import { LoadCounts } from '../../src/state/load-counts.ts';
import { SharedClock } from '../../src/state/shared-clock.ts';
import { TargetCosts } from '../../src/state/target-costs.ts';
import { TargetStates } from '../../src/state/target-states.ts';
import { AttemptWatch } from '../../src/upstream/attempt-watch.ts';
import type { Balancer } from '../../src/upstream/balancers/balancer.ts';
import { ConsistentHash } from '../../src/upstream/balancers/consistent-hash.ts';
import { LeastRequests } from '../../src/upstream/balancers/least-requests.ts';
import { PeakEwma } from '../../src/upstream/balancers/peak-ewma.ts';
import { RandomChoice } from '../../src/upstream/balancers/random.ts';
import { RoundRobin } from '../../src/upstream/balancers/round-robin.ts';
import { FitTargets } from '../../src/upstream/fit-targets.ts';
import { Outliers } from '../../src/upstream/outliers.ts';
import type { Target } from '../../src/upstream/target.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import type { MicroCase } from './micro-case.ts';

const workers = 8;

/** The choice of a target among few and among many, and what is kept of an attempt for it. */
export function balancingCases(): MicroCase[] {
  return [4, 100].flatMap((count) => {
    const bench = new BalancingBench(count);
    return [
      bench.pick('round-robin', bench.roundRobin),
      bench.pick('random', new RandomChoice()),
      bench.pick('least-requests', new LeastRequests(bench.loads, Math.random)),
      bench.pick('p2c', new PeakEwma({ loads: bench.loads, costs: bench.costs, random: Math.random })),
      bench.pick('hash: ip', bench.hash()),
      ...(count === 4 ? [bench.pickWith('round-robin, outliers and slow start'), bench.attempt()] : []),
    ];
  });
}

class BalancingBench {
  readonly loads: LoadCounts;
  readonly costs: TargetCosts;
  readonly roundRobin: RoundRobin;
  private readonly count: number;
  private readonly state;
  private readonly clock: SharedClock;
  private readonly states: TargetStates;
  private readonly upstreamLoads: LoadCounts;
  private readonly targets: readonly Target[];

  constructor(count: number) {
    this.count = count;
    this.state = createSharedState({ workers, routes: 1, upstreams: 1, targets: count, series: 8, buckets: 8 });
    // A worker reads the time once an event.
    const nowMs = performance.now();
    this.clock = new SharedClock(this.state, () => nowMs);
    this.states = new TargetStates(this.state, this.clock);
    this.loads = new LoadCounts(this.state, 0, 'targets');
    this.upstreamLoads = new LoadCounts(this.state, 0, 'upstreams');
    this.costs = new TargetCosts(this.state, this.clock);
    this.roundRobin = new RoundRobin(new Cursors(this.state), 0);
    this.targets = Array.from(
      { length: count },
      (_, slot) => ({ url: `http://10.0.0.${slot}`, slot, weight: 1 }) as Target,
    );
    for (const { slot } of this.targets) this.costs.observe(slot, 1_000 + slot);
  }

  hash(): ConsistentHash {
    const { targets, loads, upstreamLoads } = this;
    return new ConsistentHash({
      targets,
      subject: { by: 'ip' },
      loadFactor: 1.25,
      loads: { targets: loads, upstreams: upstreamLoads, upstreamSlot: 0 },
      seed: { high: 0x1234_5678, low: 0x1abc_def0 },
    });
  }

  pick(name: string, balancer: Balancer): MicroCase {
    return this.caseOf(name, balancer, { outliers: null, slowStartMs: 0 });
  }

  pickWith(name: string): MicroCase {
    const { state, states, targets, clock } = this;
    const options = { consecutiveFailures: 5, ejectionTimeMs: 1_000, maxEjectionTimeMs: 1_000, maxEjected: 0.5 };
    const outliers = new Outliers({ state, states, targets, options, clock, tell: () => {} });
    return this.caseOf(name, this.roundRobin, { outliers, slowStartMs: 10_000 });
  }

  private caseOf(
    name: string,
    balancer: Balancer,
    more: { outliers: Outliers | null; slowStartMs: number },
  ): MicroCase {
    const { targets, states, clock } = this;
    const upstream = new Upstream({
      name: 'u',
      slot: 0,
      targets,
      timeouts: { connectMs: 1, responseMs: 1, idleMs: 1, waitMs: 1 },
      internal: false,
      breaker: null,
      retry: null,
      watch: null,
      balancer,
      fit: new FitTargets({ targets, states, clock, ...more }),
    });
    const request: TemplateSource = {
      head: new RequestHead(),
      path: '/api/users/1',
      clientIp: '203.0.113.177',
      requestId: '1',
      routeName: 'users',
      consumer: null,
    };
    return {
      name: `Upstream.pick: ${name}, ${this.count} targets`,
      call: () => keep(upstream.pick(request, null)),
    };
  }

  /** What least-requests, p2c and outliers keep together. */
  attempt(): MicroCase {
    const { state, states, targets, clock, loads, costs } = this;
    const options = { consecutiveFailures: 5, ejectionTimeMs: 1_000, maxEjectionTimeMs: 1_000, maxEjected: 0.5 };
    const outliers = new Outliers({ state, states, targets, options, clock, tell: () => {} });
    const watch = new AttemptWatch({ upstreamSlot: 0, targetLoads: loads, upstreamLoads: null, costs, outliers });
    const [target] = targets;
    if (target === undefined) throw new Error('there is no target');
    return {
      name: 'AttemptWatch: an attempt with its load, its time and its outcome',
      call: () => {
        watch.onBegin(target);
        watch.onAnswer(target, 900, false);
        watch.onSuccess(target);
        watch.onLeave(target);
      },
    };
  }
}
