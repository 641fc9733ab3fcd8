import type { Config } from '../config/schema.ts';
import { SlotBook } from '../control/slot-book.ts';
import { firstRouteSlot, listSlotNames } from '../control/slots.ts';
import type { Explanation } from '../core/explanation.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import { systemClock } from '../core/ports.ts';
import type { RequestInQuestion } from '../core/request-in-question.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import type { StoredKey } from '../core/stored-key.ts';
import type { Program } from '../core/worker-messages.ts';
import { Explainer } from '../explain/explainer.ts';
import { createSharedState, type SharedState } from '../state/layout.ts';
import { LookingLimiters } from '../state/shared-limiter.ts';
import type { KeyReader } from '../stores/key-store.ts';
import { LookingKeys } from '../stores/looking-keys.ts';
import { openKeyReader } from '../stores/open-key-store.ts';

/** Somebody waits in front of a terminal. */
const startupMs = 2_000;
/** All of them are full. */
const buckets = 8;
const series = 1;

const freshNote =
  'Judged by the configuration alone, as by a gateway that has just started: limits are full, nothing has failed. ' +
  '--live asks the running one.';

/** What requests are explained by. */
export interface ExplainedConfiguration {
  readonly config: Config;
  /** The policies that it may use. */
  readonly definitions: readonly PolicyDefinition[];
}

/** Explains a request by a configuration alone, as a gateway would judge it that has just been started. */
export async function explainOffline(
  question: RequestInQuestion,
  { config, definitions }: ExplainedConfiguration,
): Promise<Explanation> {
  await using closing = new AsyncDisposableStack();
  const store = new ConfiguredStore(config.store);
  closing.defer(() => store.close());
  const { program, state } = createFreshState(config);
  const explainer = new Explainer({
    program,
    state,
    live: false,
    definitions,
    clock: systemClock,
    keys: new LookingKeys({ fixed: config.keys, ask: (sha256) => store.find(sha256), rejects: () => false }),
    limiters: new LookingLimiters(state),
  });
  closing.defer(() => explainer.close());
  const explanation = await explainer.explain(question);
  const notes = store.unasked === null ? [] : [`Whether this API key is valid is not known: ${store.unasked}.`];
  return { ...explanation, notes: [...explanation.notes, ...notes, freshNote] };
}

function createFreshState(config: Config): { program: Program<Config>; state: SharedState } {
  const names = listSlotNames(config);
  const room = {
    routes: names.routes.length + firstRouteSlot,
    upstreams: names.upstreams.length,
    targets: names.targets.length,
  };
  const proposal = new SlotBook(room).propose(names);
  if ('missing' in proposal) throw new Error('the slots of a configuration do not fit in as many');
  const state = createSharedState({ workers: 1, ...room, series, buckets });
  return { program: { version: 1, config, slots: proposal.slots }, state };
}

/** The store of API keys that a configuration names, opened when a key is looked up and only to read. */
class ConfiguredStore {
  /** Why it could not be asked; null where it was, or nobody wanted to know. */
  unasked: string | null = null;
  readonly #location: string;
  #reader: Promise<KeyReader | null> | null = null;

  constructor(location: string) {
    this.#location = location;
  }

  async find(sha256: string): Promise<StoredKey | null> {
    try {
      this.#reader ??= openKeyReader(this.#location, { startupMs });
      const reader = await this.#reader;
      if (reader !== null) return await reader.findByDigest(sha256);
      this.unasked = 'the store is in the memory of the running gateway, which --live asks';
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
      this.unasked = `the store was not asked (${reason})`;
    }
    throw new StoreUnavailableError(this.unasked);
  }

  async close(): Promise<void> {
    // A store that could not be opened has been told of.
    const reader = await this.#reader?.catch(() => null);
    await reader?.close();
  }
}
