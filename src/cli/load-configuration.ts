import { dirname, resolve } from 'node:path';
import { createIssue, type Document } from '../config/document.ts';
import type { Variables } from '../config/interpolate.ts';
import { sortIssues, type Issue } from '../config/issues.ts';
import { findFindings } from '../config/lints/find-findings.ts';
import { loadConfig } from '../config/load.ts';
import { findOptionsProblem } from '../config/policy-schema.ts';
import type { Config } from '../config/schema.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import { readConfigFile } from '../doors/file.ts';
import { loadCustomPolicies } from '../policies/custom-policies.ts';
import { builtInPolicies } from '../policies/index.ts';

/** A configuration that may be used, and what it was made from. */
interface LoadedDocument {
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
interface RefusedDocument {
  readonly issues: readonly Issue[];
}

export interface LoadedConfiguration extends LoadedDocument {
  /** As the user named it. */
  readonly file: string;
}

export interface RefusedConfiguration extends RefusedDocument {
  readonly file: string;
}

const ownUrl = new URL('../index.ts', import.meta.url).href;

/** Reads a file in any of the notations of a configuration, whatever it holds. */
export async function readDocument(
  file: string,
  variables: Variables,
): Promise<{ document: Document } | { issues: Issue[] }> {
  return await readConfigFile(file, variables, ownUrl);
}

/**
 * Reads a configuration file in any of its notations, loads the policies of its own, and checks it.
 *
 * @param variables for `${NAME}`, and the environment of a module that makes the configuration
 */
export async function loadConfigurationFile(
  file: string,
  variables: Variables,
): Promise<LoadedConfiguration | RefusedConfiguration> {
  const read = await readDocument(file, variables);
  if ('issues' in read) return { file, issues: read.issues };
  return { file, ...(await loadDocument(read.document, dirname(resolve(file)))) };
}

/**
 * Loads the policies of a document's own, and checks it.
 *
 * @param folder where the paths in `custom_policies` begin
 */
export async function loadDocument(document: Document, folder: string): Promise<LoadedDocument | RefusedDocument> {
  const own = await loadCustomPolicies(document.value, folder, findOptionsProblem);
  const definitions = [...builtInPolicies, ...own.definitions];
  const loaded = loadConfig(document, definitions);
  const problems = own.problems.map(({ index, message }) =>
    createIssue(document, ['custom_policies', index], { message }),
  );
  if ('issues' in loaded) return { issues: sortIssues([...problems, ...loaded.issues]) };
  if (problems.length > 0) return { issues: problems };
  const warnings = findFindings({ config: loaded.config, document });
  return { ...loaded, document, definitions, policyModules: own.modules, warnings };
}
