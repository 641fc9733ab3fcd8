import type { Config } from '../config/schema.ts';
import { formatAddress } from '../config/address.ts';
import type { Explanation } from '../core/explanation.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import type { Clock, KeyLookup, LimiterFactory, Logger } from '../core/ports.ts';
import type { RequestInQuestion } from '../core/request-in-question.ts';
import type { Program } from '../core/worker-messages.ts';
import { TimerWheel } from '../lib/timer-wheel.ts';
import { compileSnapshot } from '../snapshot/compile.ts';
import { Resources, type SimulatedWorld } from '../snapshot/resources.ts';
import type { SharedState } from '../state/layout.ts';
import { explainRequest, type ExplainWorld } from './explain-request.ts';
import { Looks } from './looks.ts';

export interface ExplainerInit {
  readonly program: Program<Config>;
  readonly state: SharedState;
  /** Whether `state` is that of a running gateway. */
  readonly live: boolean;
  /** Those that the program may use. */
  readonly definitions: readonly PolicyDefinition[];
  readonly clock: Clock;
  /** Why the last health check of a target failed; null where it did not. Default: nobody knows. */
  readonly healthProblem?: (targetSlot: number) => string | null;
  /** How long a policy may take to decide; default: 5 s. */
  readonly patienceMs?: number;
  /** Where there is no world outside: its time and chance. */
  readonly simulated?: SimulatedWorld;
  /** They only look. */
  readonly keys: KeyLookup;
  /** They only look: what `take` says, it says without taking. */
  readonly limiters: LimiterFactory;
}

const usualPatienceMs = 5_000;

/** What policies say to the log while somebody asks is for nobody. */
const silent: Logger = { log: () => {} };

/**
 * Explains requests by one version of the configuration. It has a snapshot of its own, which opens no connection and
 * starts no timer, and of the shared memory it changes nothing.
 */
export class Explainer {
  readonly #world: ExplainWorld;
  readonly #resources: Resources;

  /** Throws where a policy refuses its options. */
  constructor(init: ExplainerInit) {
    const { program, state, live, definitions, clock, keys, limiters } = init;
    const looks = new Looks();
    const wheel = new TimerWheel({ tickMs: 1_000, clock: () => clock.now() });
    const { simulated } = init;
    this.#resources = new Resources({
      state,
      workerIndex: 0,
      wheel,
      clock,
      ...(simulated === undefined ? {} : { simulated }),
    });
    const host = { clock, logger: silent, keys: looks.keys(keys), limiters: looks.limiters(limiters) };
    const snapshot = compileSnapshot(program, {
      resources: this.#resources,
      gatewaySocket: '',
      policies: { definitions, host },
    });
    this.#resources.commit();
    const healthProblem = init.healthProblem ?? (() => null);
    const { patienceMs = usualPatienceMs } = init;
    this.#world = { snapshot, looks, live, healthProblem, patienceMs, defaultHost: defaultHostOf(program.config) };
  }

  /** The question has to be one that `findQuestionProblem` has nothing against. */
  async explain(question: RequestInQuestion): Promise<Explanation> {
    return await explainRequest(question, this.#world);
  }

  /** Lets go of what policies hold. */
  close(): void {
    this.#resources.closeAll();
  }
}

/** What a client on this machine would write in a URL. */
function defaultHostOf({ listeners }: Config): string {
  const address = listeners[0]?.address;
  if (address === undefined) return 'localhost';
  const isAny = address.host === '0.0.0.0' || address.host === '::' || address.host === '';
  return formatAddress(isAny ? { ...address, host: 'localhost' } : address);
}
