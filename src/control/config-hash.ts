import { hash } from 'node:crypto';
import type { Config } from '../config/schema.ts';

/** Changes with the configuration, but not with its secrets: everybody may see it, and nobody shall guess by it. */
export function hashConfig(config: Config): string {
  const secrets = ['password', 'secret', 'sha256', 'store'];
  const text = JSON.stringify(config, (key, value: unknown) => (secrets.includes(key) ? undefined : value));
  return hash('sha256', text).slice(0, 16);
}
