import assert from 'node:assert/strict';
import { formatIssues } from '../config/issues.ts';
import { loadConfig } from '../config/load.ts';
import { definePolicy } from '../core/policy.ts';
import { documentFromEnvironment } from './environment.ts';
import { parseEnvironmentText, type EnvironmentFile } from './environment-file.ts';
import type { EnvironmentVariables } from './environment-variables.ts';

export const password = { ADMIN_PASSWORD: 'secret' };

export function valueOf(variables: EnvironmentVariables): Record<string, unknown> {
  const { value, issues } = documentFromEnvironment({ ...password, ...variables });
  assert.deepEqual(issues, []);
  return value as Record<string, unknown>;
}

export function issuesOf(variables: EnvironmentVariables, file?: EnvironmentFile): string {
  return formatIssues(documentFromEnvironment({ ...password, ...variables }, file).issues);
}

/** What the configuration language says of the document, where the policies may be anything. */
export function loadIssuesOf(variables: EnvironmentVariables): string {
  const policies = ['cors', 'api_key', 'rate_limit'].map((name) =>
    definePolicy({ name, summary: '', options: ({ z }) => z.unknown(), create: () => ({}) }),
  );
  const loaded = loadConfig(documentFromEnvironment({ ...password, ...variables }), policies);
  return 'issues' in loaded ? formatIssues(loaded.issues) : '';
}

export function fileOf(text: string): EnvironmentFile {
  const read = parseEnvironmentText(text);
  assert.ok('file' in read, JSON.stringify(read));
  return read.file;
}

export const failures = {
  breaker: { max_failures: 5, reset_timeout: '30s', half_open_requests: 3, success_threshold: 2 },
  retry: { attempts: 3, initial_delay: '100ms', max_delay: '5000ms', multiplier: 2, jitter: 0.1 },
};
