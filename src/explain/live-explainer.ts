import type { Config } from '../config/schema.ts';
import type { Explanation } from '../core/explanation.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import type { Clock, LimiterFactory } from '../core/ports.ts';
import type { RequestInQuestion } from '../core/request-in-question.ts';
import type { StoredKey } from '../core/stored-key.ts';
import type { Program } from '../core/worker-messages.ts';
import type { SharedState } from '../state/layout.ts';
import { LookingLimiters } from '../state/shared-limiter.ts';
import { LookingKeys } from '../stores/looking-keys.ts';
import { createLookingLimiters } from '../stores/redis-limit-looks.ts';
import type { Explainer } from './explainer.ts';

export interface LiveExplainerParts {
  readonly state: SharedState;
  readonly clock: Clock;
  /** What is served now. */
  readonly program: () => Program<Config>;
  /** The policies that the gateway brings, and those of these modules. */
  readonly loadPolicies: (modules: readonly string[]) => Promise<readonly PolicyDefinition[]>;
  readonly keys: {
    /** Whose key this is; rejects with a StoreUnavailableError where nobody can say. */
    answer(sha256: string): Promise<StoredKey | null>;
  };
  readonly healthChecks: {
    /** Why the last health check of a target failed; null where it did not. */
    problem(targetSlot: number): string | null;
  };
  /** How long a policy may take to decide; default: 5 s. */
  readonly patienceMs?: number;
  /** The store of keys. */
  readonly store: { readonly up: boolean };
}

/** What one version of the configuration is explained with. */
interface Edition {
  readonly version: number;
  readonly explainer: Promise<Explainer>;
  readonly underWay: Set<Promise<Explanation>>;
  /** After the last answer that is under way. */
  close(): Promise<void>;
}

/**
 * Explains requests as the running gateway would judge them at the moment. Nothing is made before somebody asks, and then
 * once for each version of the configuration.
 */
export class LiveExplainer {
  readonly #parts: LiveExplainerParts;
  #edition: Edition | null = null;

  constructor(parts: LiveExplainerParts) {
    this.#parts = parts;
  }

  /** The question has to be one that `findQuestionProblem` has nothing against. */
  async explain(question: RequestInQuestion): Promise<Explanation> {
    const program = this.#parts.program();
    if (this.#edition?.version !== program.version) {
      const before = this.#edition;
      this.#edition = this.#open(program);
      await before?.close();
    }
    const { explainer, underWay } = this.#edition;
    const answer = explainer.then((made) => made.explain(question));
    underWay.add(answer);
    try {
      return await answer;
    } finally {
      underWay.delete(answer);
    }
  }

  /** Lets go of what it holds: connections to a store, and what policies hold. */
  async close(): Promise<void> {
    const edition = this.#edition;
    this.#edition = null;
    await edition?.close();
  }

  #open(program: Program<Config>): Edition {
    const { config, version } = program;
    const limiters = createLookingLimiters(config, new LookingLimiters(this.#parts.state));
    const explainer = this.#load(program, limiters);
    const underWay = new Set<Promise<Explanation>>();
    const close = async () => {
      await Promise.allSettled(underWay);
      limiters.close();
      (await explainer.catch(() => null))?.close();
    };
    return { version, explainer, underWay, close };
  }

  async #load(program: Program<Config>, limiters: LimiterFactory): Promise<Explainer> {
    const { state, clock, loadPolicies, keys: answering, store, healthChecks } = this.#parts;
    const { config, policyModules = [] } = program;
    // Nobody may ever ask.
    const { Explainer: Made } = await import('./explainer.ts');
    const keys = new LookingKeys({
      fixed: config.keys,
      ask: (sha256) => answering.answer(sha256),
      rejects: () => config.on_store_failure === 'reject' && !store.up,
    });
    const definitions = await loadPolicies(policyModules);
    const healthProblem = (slot: number) => healthChecks.problem(slot);
    const patience = this.#parts.patienceMs === undefined ? {} : { patienceMs: this.#parts.patienceMs };
    return new Made({ program, state, live: true, definitions, clock, keys, limiters, healthProblem, ...patience });
  }
}
