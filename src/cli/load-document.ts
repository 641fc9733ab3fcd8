import { createIssue, type Document } from '../config/document.ts';
import { sortIssues, type Issue } from '../config/issues.ts';
import { findFindings } from '../config/lints/find-findings.ts';
import { loadConfig } from '../config/load.ts';
import { findOptionsProblem } from '../config/policy-schema.ts';
import type { Config } from '../config/schema.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import { loadCustomPolicies } from '../policies/custom-policies.ts';
import { builtInPolicies } from '../policies/index.ts';
import { probePolicies } from './policy-probe.ts';

/** A configuration that may be used, and what it was made from. */
export interface LoadedDocument {
  readonly config: Config;
  readonly document: Document;
  /** The document's value, with numbers and booleans where variables stood for them. */
  readonly written: unknown;
  /** The policies that the gateway brings, and those of the configuration's own modules. */
  readonly definitions: readonly PolicyDefinition[];
  /** The modules of those of its own, for the workers. */
  readonly policyModules: readonly string[];
  /** What is right by the language, but hardly what was meant. */
  readonly warnings: readonly Issue[];
}

/** A configuration that may not be used. */
export interface RefusedDocument {
  readonly issues: readonly Issue[];
}

/**
 * Loads the policies of a document's own, and checks it.
 *
 * @param folder where the paths in `custom_policies` begin
 */
export async function loadDocument(document: Document, folder: string): Promise<LoadedDocument | RefusedDocument> {
  const probed = await probePolicies(document, folder);
  const dangers = probed.complaints.map(({ path, message }) => createIssue(document, path, { message }));
  if (!probed.mayGoOn) return { issues: sortIssues(dangers) };
  const skip = probed.refusedModules;
  const own = await loadCustomPolicies(document.value, { folder, findProblem: findOptionsProblem, skip });
  const definitions = [...builtInPolicies, ...own.definitions];
  const loaded = loadConfig(document, definitions);
  const problems = [
    ...dangers,
    ...own.problems.map(({ index, message }) => createIssue(document, ['custom_policies', index], { message })),
  ];
  if ('issues' in loaded) {
    const others = problems.length === 0 ? loaded.issues : loaded.issues.filter((issue) => !isUnknownPolicy(issue));
    return { issues: sortIssues([...problems, ...others]) };
  }
  if (problems.length > 0) return { issues: sortIssues(problems) };
  const warnings = findFindings({ config: loaded.config, document });
  return { ...loaded, document, definitions, policyModules: own.modules, warnings };
}

/** Whether a policy is not known and like no other, as one is whose module could not be loaded. */
function isUnknownPolicy({ path, message }: Issue): boolean {
  return /(?:^|\.)policies\[\d+\][.[][^.[\]]+\]?$/.test(path) && message.startsWith('unknown key;');
}
