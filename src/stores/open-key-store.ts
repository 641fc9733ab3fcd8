import { parseStoreLocation } from '../core/store-location.ts';
import type { KeyReader, KeyStore } from './key-store.ts';
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

/**
 * Opens the store that `location` names to look keys up in it; a file is neither made nor changed. Null for a store in
 * memory, which is that of a running gateway alone. Rejects as `openKeyStore` does.
 */
export async function openKeyReader(
  location: string,
  { startupMs = defaultStartupMs } = {},
): Promise<KeyReader | null> {
  const parsed = parseStoreLocation(location);
  if ('problem' in parsed) throw new Error(`The key store cannot be opened: ${parsed.problem}.`);
  if (parsed.kind === 'memory') return null;
  if (parsed.kind === 'sqlite') return await (await import('./sqlite.ts')).openSqliteReader(parsed.file);
  return await (await import('./redis.ts')).openRedisStore(parsed, startupMs);
}
