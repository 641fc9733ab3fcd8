import { hash as digest } from 'node:crypto';
import type { UpstreamConfig } from '../config/schema.ts';
import type { Logger } from '../core/ports.ts';
import { parseSubject, type Subject } from '../core/subject.ts';
import { AttemptWatch } from '../upstream/attempt-watch.ts';
import type { Balancer } from '../upstream/balancers/balancer.ts';
import { ConsistentHash } from '../upstream/balancers/consistent-hash.ts';
import { LeastRequests } from '../upstream/balancers/least-requests.ts';
import { PeakEwma } from '../upstream/balancers/peak-ewma.ts';
import { RandomChoice } from '../upstream/balancers/random.ts';
import { RoundRobin } from '../upstream/balancers/round-robin.ts';
import { FitTargets } from '../upstream/fit-targets.ts';
import type { Outliers } from '../upstream/outliers.ts';
import type { Target } from '../upstream/target.ts';
import type { Resources } from './resources.ts';

/** What decides which target of an upstream is next. */
export interface Balancing {
  readonly balancer: Balancer;
  readonly fit: FitTargets;
  readonly watch: AttemptWatch | null;
}

/** An upstream whose targets are chosen among. */
interface BalancedUpstream {
  readonly name: string;
  readonly upstream: UpstreamConfig;
  readonly slot: number;
  readonly targets: readonly Target[];
  readonly resources: Resources;
  readonly logger: Logger;
}

export function compileBalancing(balanced: BalancedUpstream): Balancing {
  const { upstream, slot, targets, resources } = balanced;
  const { balance } = upstream;
  const isHash = typeof balance === 'object';
  const needsLoads = isHash || balance === 'least-requests' || balance === 'p2c';
  const outliers = compileOutliers(balanced);
  return {
    balancer: compileBalancer(balanced),
    fit: new FitTargets({
      targets,
      states: resources.targetStates,
      outliers,
      slowStartMs: upstream.slow_start,
      clock: resources.sharedClock,
    }),
    watch:
      needsLoads || outliers !== null
        ? new AttemptWatch({
            upstreamSlot: slot,
            targetLoads: needsLoads ? resources.targetLoads : null,
            upstreamLoads: isHash ? resources.upstreamLoads : null,
            costs: balance === 'p2c' ? resources.targetCosts : null,
            outliers,
          })
        : null,
  };
}

/** For an upstream of one target that is always there. */
export function alwaysTheSame(target: Target, resources: Resources): Balancing {
  return {
    balancer: new RandomChoice(resources.random),
    fit: new FitTargets({
      targets: [target],
      states: null,
      outliers: null,
      slowStartMs: 0,
      clock: resources.sharedClock,
    }),
    watch: null,
  };
}

function compileBalancer({ upstream, slot, targets, resources }: BalancedUpstream): Balancer {
  const { balance } = upstream;
  const { random, targetLoads, upstreamLoads } = resources;
  if (typeof balance === 'object') {
    return new ConsistentHash({
      targets,
      subject: subjectOf(balance.hash),
      loadFactor: balance.load_factor,
      loads: { targets: targetLoads, upstreams: upstreamLoads, upstreamSlot: slot },
      seed: balance.secret === undefined ? resources.hashSeed : seedOf(balance.secret),
    });
  }
  switch (balance) {
    case 'random':
      return new RandomChoice(random);
    case 'least-requests':
      return new LeastRequests(targetLoads, random);
    case 'p2c':
      return new PeakEwma({ loads: targetLoads, costs: resources.targetCosts, random });
    case 'round-robin':
    case 'weighted':
      return new RoundRobin(resources.cursors, slot);
  }
}

function compileOutliers({ name, upstream, targets, resources, logger }: BalancedUpstream): Outliers | null {
  const { outliers } = upstream;
  if (outliers === false) return null;
  return resources.outliers({
    targets,
    options: {
      consecutiveFailures: outliers.consecutive_failures,
      ejectionTimeMs: outliers.ejection_time,
      maxEjectionTimeMs: outliers.max_ejection_time,
      maxEjected: outliers.max_ejected,
    },
    tell: (level, message, fields) => logger.log(level, message, { upstream: name, ...fields }),
  });
}

function subjectOf(text: string): Subject {
  const subject = parseSubject(text);
  if (subject === undefined) throw new Error(`nothing can be hashed by ${text}`);
  return subject;
}

/** The same for every gateway with this secret. */
function seedOf(secret: string): { readonly high: number; readonly low: number } {
  const bytes = digest('sha256', `sluice hash balancing\n${secret}`, 'buffer');
  return { high: bytes.readInt32LE(0), low: bytes.readInt32LE(4) };
}
