import { formatIssues, type Issue } from './issues.ts';

/** Why a configuration cannot be used: all that is wrong with it, as a text in `message` and one by one in `issues`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(`the configuration cannot be used:\n${formatIssues(issues)}`);
    this.issues = issues;
  }
}
