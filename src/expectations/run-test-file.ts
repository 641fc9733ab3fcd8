import type { Document } from '../config/document.ts';
import type { Issue } from '../config/issues.ts';
import type { Config } from '../config/schema.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import { checkNames } from './name-check.ts';
import { playTest, type TestResult } from './play.ts';
import type { TestFile } from './test-file.ts';

export interface TestFileRun {
  readonly file: TestFile;
  /** Where the tests were written. */
  readonly document: Document;
  readonly config: Config;
  /** Those that the configuration may use. */
  readonly policies: readonly PolicyDefinition[];
  /** Only tests whose name holds this text, whatever its case; empty for all. */
  readonly filter: string;
}

/** Runs tests one after the other, each on a gateway of its own, or gives what is wrong with the file. */
export async function runTestFile(run: TestFileRun): Promise<{ results: TestResult[] } | { issues: Issue[] }> {
  const { file, document, config, policies } = run;
  const issues = checkNames(file, { document, config, policies });
  if (issues.length > 0) return { issues };
  const storedKeys = file.keys.map((key) => ({
    id: `test:${key.name}`,
    name: key.name,
    secret: key.secret,
    rateLimit: key.rate_limit ?? null,
    permissions: key.permissions,
    expiresAt: key.expires_after === undefined ? null : file.starts_at + key.expires_after,
  }));
  const gateway = { config, policies, storedKeys, wallTimeMs: file.starts_at };
  const wanted = run.filter.toLowerCase();
  const results: TestResult[] = [];
  for (const [index, test] of file.tests.entries()) {
    if (!test.name.toLowerCase().includes(wanted)) continue;
    results.push(await playTest(test, index, { document, gateway }));
  }
  return { results };
}
