import type { Issue } from '../config/issues.ts';

/** Why a configuration that is right in itself cannot follow the one that runs. */
export class ConfigRefusal extends Error {
  override readonly name = 'ConfigRefusal';
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(issues.map(({ message }) => message).join('\n'));
    this.issues = issues;
  }
}
