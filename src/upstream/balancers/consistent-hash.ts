import { cookieOf, type Subject } from '../../core/subject.ts';
import type { TemplateSource } from '../../core/template.ts';
import { KeyedHash } from '../../lib/hash.ts';
import type { LoadCounts } from '../../state/load-counts.ts';
import type { Candidates } from '../candidates.ts';
import type { Target } from '../target.ts';
import type { Balancer, Foresight } from './balancer.ts';
import { HashRing } from './hash-ring.ts';

/** The loads that the bound is about: of each target, and of all of an upstream together. */
export interface BoundedLoads {
  readonly targets: LoadCounts;
  readonly upstreams: LoadCounts;
  readonly upstreamSlot: number;
}

export interface ConsistentHashInit {
  readonly targets: readonly Target[];
  /** What requests go to the same target for; one without it goes by the client's IP address. */
  readonly subject: Subject;
  /** No target gets a request that has more than this many times its share of those in flight: above 1. */
  readonly loadFactor: number;
  readonly loads: BoundedLoads;
  readonly seed: { readonly high: number; readonly low: number };
}

/**
 * Requests that are alike go to the same target as long as it is fit and has room: consistent hashing with bounded loads
 * (V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018). Where it is not, the
 * next one on the ring gets them. The hash is keyed, so that a client cannot choose values that all meet one target.
 */
export class ConsistentHash implements Balancer {
  private readonly targets: readonly Target[];
  private readonly subject: Subject;
  private readonly loadFactor: number;
  private readonly loads: BoundedLoads;
  private readonly hash: KeyedHash;
  private readonly ring: HashRing;

  constructor({ targets, subject, loadFactor, loads, seed }: ConsistentHashInit) {
    this.targets = targets;
    this.subject = subject;
    this.loadFactor = loadFactor;
    this.loads = loads;
    this.hash = new KeyedHash(seed.high, seed.low);
    this.ring = new HashRing(
      targets.map(({ url, weight }) => ({ name: url, weight })),
      this.hash,
    );
  }

  choose(candidates: Candidates, request: TemplateSource | null): Target {
    const start = this.pointOf(request);
    return this.walk(candidates, start, true) ?? this.walk(candidates, start, false) ?? candidates.target(0);
  }

  /** The first candidate on the ring from a point, or the first that has room. */
  private walk(candidates: Candidates, start: number, bounded: boolean): Target | null {
    const { ring, targets } = this;
    const share = bounded ? this.shareOf(candidates) : Infinity;
    for (let step = 0, point = start; step < ring.size; step += 1) {
      const target = targets[ring.memberAt(point)];
      if (target !== undefined && candidates.has(target) && (!bounded || this.hasRoom(target, share))) return target;
      point = point + 1 < ring.size ? point + 1 : 0;
    }
    return null;
  }

  /** How many requests in flight a target may have for each unit of its weight, the one to come counted in. */
  private shareOf({ weight }: Candidates): number {
    const { upstreams, upstreamSlot } = this.loads;
    return (this.loadFactor * (upstreams.of(upstreamSlot) + 1)) / weight;
  }

  private hasRoom({ slot, weight }: Target, share: number): boolean {
    return this.loads.targets.of(slot) < Math.ceil(share * weight);
  }

  private pointOf(request: TemplateSource | null): number {
    this.hash.hash(request === null ? '' : valueOf(this.subject, request));
    return this.ring.find(this.hash.low);
  }

  foresee(candidates: Candidates, request: TemplateSource | null): Foresight {
    const start = this.pointOf(request);
    const own = this.walk(candidates, start, false);
    const chosen = this.walk(candidates, start, true) ?? own;
    if (chosen === own) return { target: own, reason: `by the hash of ${describe(this.subject)}` };
    return { target: chosen, reason: `next by the hash of ${describe(this.subject)}: the first one has no room` };
  }
}

function valueOf(subject: Subject, request: TemplateSource): string {
  switch (subject.by) {
    case 'path':
      return request.path;
    case 'header':
      return request.head.get(subject.name) ?? request.clientIp;
    case 'cookie':
      return cookieOf(request.head, subject.name) ?? request.clientIp;
    default:
      return request.clientIp;
  }
}

function describe(subject: Subject): string {
  switch (subject.by) {
    case 'ip':
      return "the client's IP address";
    case 'header':
    case 'cookie':
      return `the ${subject.by} ${subject.name}`;
    default:
      return `the ${subject.by}`;
  }
}
