import { dirname, resolve } from 'node:path';
import type { Document } from '../config/document.ts';
import type { Variables } from '../config/interpolate.ts';
import type { Issue } from '../config/issues.ts';
import { readConfigFile } from '../doors/file.ts';
import { loadDocument, type LoadedDocument, type RefusedDocument } from './load-document.ts';

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
