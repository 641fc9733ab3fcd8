import type { Document } from '../config/document.ts';
import type { Variables } from '../config/interpolate.ts';
import type { Issue } from '../config/issues.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import { readConfigFile } from '../doors/file.ts';
import { builtInPolicies } from '../policies/index.ts';

/** A configuration that may be used, and what it was made from. */
export interface LoadedConfiguration {
  /** As the user named it. */
  readonly file: string;
  readonly config: Config;
  readonly document: Document;
  /** The policies that the gateway brings, and those of the configuration's own modules. */
  readonly definitions: readonly PolicyDefinition[];
}

/** A configuration that may not be used. */
export interface RefusedConfiguration {
  readonly file: string;
  readonly issues: readonly Issue[];
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
  const read = await readConfigFile(file, variables);
  if ('issues' in read) return { file, issues: read.issues };
  const { document } = read;
  const definitions = builtInPolicies;
  const loaded = loadConfig(document, definitions);
  if ('issues' in loaded) return { file, issues: loaded.issues };
  return { file, config: loaded.config, document, definitions };
}
