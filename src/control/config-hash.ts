import { hash } from 'node:crypto';
import type { Config } from '../config/schema.ts';

/** What a hash is made of. */
export interface HashedProgram {
  readonly config: Config;
  /** Addresses of modules, each with a hash of its module's text as its query. */
  readonly policyModules: readonly string[];
}

/**
 * Changes with the configuration and with the modules of its own policies, but not with its secrets: everybody may see it,
 * and nobody shall guess by it. Where the modules lie does not count.
 */
export function hashConfig({ config, policyModules }: HashedProgram): string {
  const secrets = ['password', 'secret', 'sha256', 'store'];
  const text = JSON.stringify(config, (key, value: unknown) => (secrets.includes(key) ? undefined : value));
  const modules = policyModules.map((address) => new URL(address).search).join('');
  return hash('sha256', text + modules).slice(0, 16);
}
