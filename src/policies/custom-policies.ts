import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDefinedPolicy, notePolicyModule, type PolicyDefinition } from '../core/policy.ts';
import { importUserModule, provideToUserModules, UserModuleError, userModuleUrl } from '../lib/user-module.ts';
import { builtInPolicies } from './index.ts';

const policyName = /^[a-z][a-z0-9_]{0,63}$/;

/** Policies of the user's own, and what is wrong with the modules that were to bring them. */
export interface LoadedPolicies {
  readonly definitions: readonly PolicyDefinition[];
  /** The modules, by address with a hash of their text: what a worker imports them by. */
  readonly modules: readonly string[];
  readonly problems: readonly CustomPolicyProblem[];
}

export interface CustomPolicyProblem {
  /** Of the path in the list. */
  readonly index: number;
  readonly message: string;
}

export interface CustomPolicyOptions {
  /** Where the paths begin. */
  readonly folder: string;
  /** What is wrong with a definition beyond what can be seen of it, such as with its options. */
  readonly findProblem: (definition: PolicyDefinition) => string | undefined;
  /** The places in the list of modules that must not be imported. */
  readonly skip?: ReadonlySet<number>;
  /** Called before the module at this place is imported. */
  readonly onModule?: (index: number) => void;
  /** How long a module may take; null for a thread that somebody watches, undefined for the usual time. */
  readonly limitMs?: number | null;
}

/**
 * Imports the modules that `custom_policies` of a document names. An entry that is no text is passed over: that is the
 * schema's to tell.
 *
 * @param root the document's value, in whatever shape
 */
export async function loadCustomPolicies(root: unknown, options: CustomPolicyOptions): Promise<LoadedPolicies> {
  const { folder, findProblem, skip, onModule, limitMs } = options;
  const found = {
    definitions: [] as PolicyDefinition[],
    modules: [] as string[],
    problems: [] as CustomPolicyProblem[],
  };
  const taken = new Map<string, string>(builtInPolicies.map(({ name }) => [name, 'the gateway']));
  for (const [index, written] of listPaths(root).entries()) {
    if (typeof written !== 'string' || written === '' || skip?.has(index) === true) continue;
    onModule?.(index);
    const add = (message: string) => found.problems.push({ index, message });
    try {
      const url = userModuleUrl(path.resolve(folder, written));
      const { definitions, problems } = listPolicies(await importUserModule(provided(url), limitMs), written);
      problems.forEach(add);
      for (const definition of definitions) {
        notePolicyModule(definition, written);
        const owner = taken.get(definition.name);
        const problem =
          owner === undefined ? findProblem(definition) : `${owner} has a policy of this name already: choose another`;
        if (problem !== undefined) {
          add(`the policy "${definition.name}" cannot be used: ${problem}`);
          continue;
        }
        taken.set(definition.name, written);
        found.definitions.push(definition);
      }
      found.modules.push(url);
    } catch (error) {
      if (!(error instanceof UserModuleError)) throw error;
      add(error.message);
    }
  }
  return found;
}

/** Imports modules that were found to be right before: what a worker does with `modules`. */
async function importCustomPolicies(modules: readonly string[]): Promise<readonly PolicyDefinition[]> {
  const definitions: PolicyDefinition[] = [];
  for (const url of modules) {
    const found = listPolicies(await importUserModule(provided(url)), url).definitions;
    const file = path.basename(fileURLToPath(url));
    for (const definition of found) notePolicyModule(definition, file);
    definitions.push(...found);
  }
  return definitions;
}

/** All policies that there are: those that the gateway brings, and those of these modules. */
export async function loadPolicies(modules: readonly string[]): Promise<readonly PolicyDefinition[]> {
  return [...builtInPolicies, ...(await importCustomPolicies(modules))];
}

function provided(url: string): string {
  provideToUserModules('sluice', new URL('./authoring.ts', import.meta.url).href);
  return url;
}

/** What `custom_policies` of a document lists, whatever that is. */
export function listPaths(root: unknown): readonly unknown[] {
  const list = typeof root === 'object' && root !== null ? (root as Record<string, unknown>)['custom_policies'] : [];
  return Array.isArray(list) ? list : [];
}

/** The policies among the exports of a module. Whatever else it exports is its own affair. */
function listPolicies(
  exported: Readonly<Record<string, unknown>>,
  written: string,
): { definitions: PolicyDefinition[]; problems: string[] } {
  const definitions: PolicyDefinition[] = [];
  const problems: string[] = [];
  for (const [name, value] of Object.entries(exported)) {
    const problem = findProblemOfExport(value);
    if (problem !== undefined) problems.push(`its export "${name}" ${problem}`);
    else if (isDefinedPolicy(value)) definitions.push(value);
  }
  if (definitions.length === 0 && problems.length === 0) {
    problems.push(`${written} exports no policy: export what definePolicy from "sluice" returns`);
  }
  return { definitions, problems };
}

function findProblemOfExport(value: unknown): string | undefined {
  if (!isDefinedPolicy(value)) {
    const resembles = typeof value === 'object' && value !== null && 'create' in value && 'name' in value;
    return resembles ? 'looks like a policy, but is none: make it with definePolicy from "sluice"' : undefined;
  }
  // Whoever writes JavaScript hears nothing of types.
  const loose: Readonly<Partial<Record<keyof PolicyDefinition, unknown>>> = value;
  if (typeof loose.name !== 'string' || !policyName.test(loose.name)) {
    return 'has no usable name: small letters, digits and "_", beginning with a letter';
  }
  if (typeof loose.summary !== 'string') return 'has no summary: say in one sentence what it does';
  if (typeof loose.options !== 'function') return 'has no options: a function that returns their schema';
  if (typeof loose.create !== 'function') return 'has no create: a function that makes the policy of its options';
  return undefined;
}
