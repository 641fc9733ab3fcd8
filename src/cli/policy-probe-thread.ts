import { parentPort, workerData } from 'node:worker_threads';
import type { Document } from '../config/document.ts';
import type { DocumentPath } from '../config/document-path.ts';
import { loadConfig } from '../config/load.ts';
import { findOptionsProblem, type PolicyConfig } from '../config/policy-schema.ts';
import { moduleOfPolicy, type PolicyDefinition } from '../core/policy.ts';
import { systemClock, type KeyLookup, type LimiterFactory, type Logger } from '../core/ports.ts';
import { listPaths, loadCustomPolicies } from '../policies/custom-policies.ts';
import { builtInPolicies } from '../policies/index.ts';
import { describePolicy, makePolicy } from '../snapshot/make-policy.ts';
import { PolicyStates } from '../snapshot/policy-states.ts';

// The thread in which policies of the user's own are tried before anything else runs them; see policy-probe.ts.

/** A document but for its functions, which cannot be handed to a thread. */
export type ProbedDocument = Omit<Document, 'locate' | 'originOf'>;

/** What the thread is started with. */
export interface ProbeTask {
  readonly document: ProbedDocument;
  readonly folder: string;
  /** The places of modules that are known to end the thread. */
  readonly skip: readonly number[];
}

/** What is about to run; whatever ends the thread has been done by this. */
export type ProbeStep =
  | { readonly kind: 'begin' }
  | { readonly kind: 'load'; readonly index: number; readonly module: string }
  | { readonly kind: 'check' }
  | { readonly kind: 'make'; readonly path: DocumentPath; readonly policy: string };

/** What the thread tells. */
export type ProbeNews =
  | { readonly kind: 'step'; readonly step: ProbeStep }
  /** Nothing is left to wait for, and it has not come to an end. */
  | { readonly kind: 'stuck' }
  | { readonly kind: 'done'; readonly complaints: readonly ProbeComplaint[] };

export interface ProbeComplaint {
  readonly path: DocumentPath;
  readonly message: string;
}

const silent: Logger = { log: () => {} };
const nobody: KeyLookup = { find: () => null };
const unlimited: LimiterFactory = {
  create: (_scope, limit) => ({
    take: () => ({ allowed: true, remaining: limit.burst, retryAfterMs: 0, resetAfterMs: 0 }),
  }),
};

function tell(news: ProbeNews): void {
  parentPort?.postMessage(news);
}

async function probe({ document, folder, skip }: ProbeTask): Promise<ProbeComplaint[]> {
  const paths = listPaths(document.value);
  const own = await loadCustomPolicies(document.value, {
    folder,
    findProblem: findOptionsProblem,
    skip: new Set(skip),
    onModule: (index) => tell({ kind: 'step', step: { kind: 'load', index, module: String(paths[index]) } }),
    limitMs: null,
  });
  tell({ kind: 'step', step: { kind: 'check' } });
  const located = { ...document, locate: () => ({ label: document.source }) };
  let loaded: ReturnType<typeof loadConfig>;
  try {
    loaded = loadConfig(located, [...builtInPolicies, ...own.definitions]);
  } catch (error) {
    const message = `the policies cannot be checked: ${error instanceof Error ? error.message : String(error)}`;
    return [{ path: ['custom_policies'], message }];
  }
  // The other issues are told by whoever asked, who has the document's lines.
  if ('issues' in loaded || own.problems.length > 0 || skip.length > 0) return [];
  const { config } = loaded;
  const trial = new PolicyTrial(own.definitions);
  trial.makeAll(config.policies, { scope: 'gateway', pattern: '/*', path: ['policies'] });
  for (const [at, { name, match, policies }] of config.routes.entries()) {
    const path = ['routes', at, 'policies'];
    trial.makeAll(policies, { scope: `route ${name}`, pattern: match.path, path });
  }
  trial.end();
  return trial.complaints;
}

/** Makes policies of the user's own with a host that has nothing behind it. */
class PolicyTrial {
  readonly complaints: ProbeComplaint[] = [];
  readonly #definitions: ReadonlyMap<string, PolicyDefinition>;
  readonly #states = new PolicyStates();

  constructor(own: readonly PolicyDefinition[]) {
    this.#definitions = new Map(own.map((definition) => [definition.name, definition]));
  }

  makeAll(list: readonly PolicyConfig[], owner: { scope: string; pattern: string; path: DocumentPath }): void {
    for (const [index, { name, options }] of list.entries()) {
      const definition = this.#definitions.get(name);
      if (definition === undefined || moduleOfPolicy(definition) === undefined) continue;
      const path = [...owner.path, index, name];
      tell({ kind: 'step', step: { kind: 'make', path, policy: describePolicy(definition) } });
      const scope = `${owner.scope} ${name} ${index}`;
      try {
        const given = copyOptions(definition, options);
        const state = this.#states.of({ scope, definition, options: given });
        const host = { clock: systemClock, logger: silent, keys: nobody, limiters: unlimited };
        makePolicy(definition, given, { ...host, scope, pattern: owner.pattern, state });
      } catch (error) {
        this.complaints.push({ path, message: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  /** Lets go of what policies hold. */
  end(): void {
    this.#states.abandon();
  }
}

/** As a worker gets them. */
function copyOptions(definition: PolicyDefinition, options: unknown): unknown {
  try {
    return structuredClone(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the options of ${describePolicy(definition)} cannot be handed to a worker: ${reason}`, {
      cause: error,
    });
  }
}

async function run(task: ProbeTask): Promise<void> {
  const tellStuck = () => tell({ kind: 'stuck' });
  process.once('beforeExit', tellStuck);
  const complaints = await probe(task);
  process.off('beforeExit', tellStuck);
  tell({ kind: 'done', complaints });
}

// Awaited here, a module that never comes to an end would be a warning on the error stream.
void run(workerData as ProbeTask);
