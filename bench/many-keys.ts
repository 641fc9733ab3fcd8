import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createKey } from '../src/stores/key-secret.ts';
import { openSqliteStore } from '../src/stores/sqlite.ts';
import { tellProgress } from './measurement.ts';
import { temporaryFolder } from './temporary-folder.ts';

const keyCount = 100_000;

const secrets: string[] = [];

/** The file of a key store with 100,000 keys, made at the first call. */
export async function prepareManyKeys(): Promise<string> {
  const file = join(temporaryFolder(), 'keys.sqlite');
  if (existsSync(file)) return file;
  tellProgress(`making ${keyCount} keys`);
  const store = await openSqliteStore(file);
  await store.close();
  const database = new DatabaseSync(file);
  const insert = database.prepare(
    'INSERT INTO api_keys (id, name, sha256, rate_limit, permissions, created_at) VALUES (?, ?, ?, NULL, ?, ?)',
  );
  const wanted = { rateLimit: null, permissions: [], expiresAt: null };
  database.exec('BEGIN');
  for (let count = 0; count < keyCount; count += 1) {
    const { key, secret } = createKey({ name: `app-${count}`, ...wanted }, { random: randomBytes, now: Date.now });
    insert.run(key.id, key.name, key.sha256, '[]', key.createdAt);
    secrets.push(secret);
  }
  database.exec('COMMIT');
  database.close();
  return file;
}

/** What clients send, once the keys are made. */
export function listSecrets(): readonly string[] {
  return secrets;
}
