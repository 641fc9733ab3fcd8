import { parseStoreLocation } from '../core/store-location.ts';
import type { KeyStore } from './key-store.ts';
import { MemoryStore } from './memory.ts';

const defaultStartupMs = 10_000;

/**
 * Opens the store that `location` names, in one of the forms of `parseStoreLocation`. Rejects with an Error that names
 * what is wrong, and holds no password: the location itself, a file that cannot be opened, or a server that could not be
 * reached within `startupMs`.
 */
export async function openKeyStore(location: string, { startupMs = defaultStartupMs } = {}): Promise<KeyStore> {
  const parsed = parseStoreLocation(location);
  if ('problem' in parsed) throw new Error(`The key store cannot be opened: ${parsed.problem}.`);
  if (parsed.kind === 'memory') return new MemoryStore();
  // What one kind of store needs is loaded only where it is used.
  if (parsed.kind === 'sqlite') return (await import('./sqlite.ts')).openSqliteStore(parsed.file);
  return (await import('./redis.ts')).openRedisStore(parsed, startupMs);
}
