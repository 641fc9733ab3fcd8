import type { Document } from '../config/document.ts';
import { formatIssues, isPosition, type Issue } from '../config/issues.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { LogLevel } from '../core/ports.ts';
import { documentFromEnvironment } from '../doors/environment.ts';
import { readEnvironmentFile } from '../doors/environment-file.ts';
import { builtInPolicies } from '../policies/index.ts';
import type { Invocation } from './command.ts';

/** A configuration from environment variables, or what is wrong with it, as lines of text and one by one. */
export type EnvironmentConfig =
  | {
      readonly config: Config;
      readonly document: Document;
      /** The document's value as it was checked. */
      readonly written: unknown;
      readonly logLevel: LogLevel;
      readonly warnings: string;
      readonly warningIssues: readonly Issue[];
    }
  | { readonly problems: string; readonly issues: readonly Issue[] };

/** Loads the configuration that the variables of the process and the file `.env` of the working folder stand for. */
export function loadEnvironmentConfig({ env, cwd }: Pick<Invocation, 'env' | 'cwd'>): EnvironmentConfig {
  const read = readEnvironmentFile(cwd);
  if ('issues' in read) return refuse(read.issues);
  const document = documentFromEnvironment(env, read.file);
  const loaded = loadConfig(document, builtInPolicies);
  if ('issues' in loaded) return refuse(loaded.issues);
  return {
    ...loaded,
    document,
    logLevel: document.logLevel,
    warnings: describe(document.warnings),
    warningIssues: document.warnings.map(withoutPath),
  };
}

function refuse(issues: readonly Issue[]): EnvironmentConfig {
  return { problems: describe(issues), issues: issues.map(withoutPath) };
}

/** Each line once: what is said of a variable may hold for several parts of the document that it has made. */
function describe(issues: readonly Issue[]): string {
  const texts = new Set(issues.map((issue) => `${formatIssues([withoutPath(issue)])}\n`));
  return [...texts].join('');
}

/** Where the value of a variable has gone in the document is of no use to whoever has set the variable. */
function withoutPath(issue: Issue): Issue {
  const { location } = issue;
  const namesVariable = location !== undefined && !isPosition(location) && location.label !== 'environment';
  return namesVariable ? { ...issue, path: '' } : issue;
}
