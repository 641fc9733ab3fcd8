import type { Issue } from '../config/issues.ts';
import type { Config } from '../config/schema.ts';

/** What the memory and the connections of a running gateway were made for. */
const fixedKeys = ['workers', 'store', 'on_store_failure'] as const satisfies readonly (keyof Config)[];

/** What of `next` can only be had by a restart. */
export function findRestartIssues(running: Config, next: Config): Issue[] {
  return fixedKeys
    .filter((key) => running[key] !== next[key])
    .map((key) => ({
      path: key,
      // The store's location may hold a password.
      message:
        key === 'store'
          ? 'this cannot change while the gateway runs: restart it'
          : `this cannot change from ${running[key]} to ${next[key]} while the gateway runs: restart it`,
    }));
}
