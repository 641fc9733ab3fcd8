import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { StoreUnavailableError } from '../../src/core/store-unavailable-error.ts';
import { createTestKey } from '../../src/stores/key.fixture.ts';
import { openKeyStore } from '../../src/stores/open-key-store.ts';
import { waitUntil, within } from '../support/wait.ts';
import { testKeyStore } from './suite.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-sqlite-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => path.join(folder, `${(files += 1)}`, 'deep', 'sluice.db');

describe('the store in SQLite', () => {
  const prepare = async () => {
    const file = newFile();
    return () => openKeyStore(`sqlite:${file}`);
  };
  testKeyStore(prepare, { shared: true });

  test('keeps its keys when it is closed and opened again', async () => {
    const file = newFile();
    const { key } = createTestKey({ permissions: ['users'] });
    const first = await openKeyStore(`sqlite:${file}`);
    await first.create(key);
    await first.close();
    const second = await openKeyStore(`sqlite:${file}`);
    assert.deepEqual(await second.list(), [key]);
    await second.close();
  });

  test('makes a file and a folder that only their owner can open', async () => {
    const file = newFile();
    const store = await openKeyStore(`sqlite:${file}`);
    await store.create(createTestKey().key);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) assert.equal(statSync(name).mode & 0o777, 0o600, name);
    assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700);
    await store.close();
  });

  test('has lost no acknowledged key when its process is killed at any moment', async () => {
    const file = newFile();
    const acknowledged: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      acknowledged.push(...(await writeUntilKilled(file, 3 + round * 7)));
      const store = await openKeyStore(`sqlite:${file}`);
      const ids = new Set((await store.list()).map(({ id }) => id));
      assert.deepEqual(
        acknowledged.filter((id) => !ids.has(id)),
        [],
      );
      await store.close();
      const database = new DatabaseSync(file);
      assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
      database.close();
    }
    assert.ok(acknowledged.length >= 8 * 3);
  });

  test('is opened by several processes at once though the file is new', async () => {
    const file = newFile();
    const counts = await Promise.all([1, 2, 3].map(() => writeUntilKilled(file, 5)));
    const store = await openKeyStore(`sqlite:${file}`);
    const ids = new Set((await store.list()).map(({ id }) => id));
    assert.ok(counts.flat().every((id) => ids.has(id)));
    await store.close();
  });

  test('tells of keys that were changed by hand', async () => {
    const file = newFile();
    const store = await openKeyStore(`sqlite:${file}`);
    const [revoked, deleted] = [createTestKey().key, createTestKey().key];
    for (const key of [revoked, deleted]) await store.create(key);
    const told: string[] = [];
    store.onChange(({ sha256 }) => told.push(sha256));
    const database = new DatabaseSync(file);
    database.prepare('UPDATE api_keys SET revoked_at = 1 WHERE id = ?').run(revoked.id);
    database.prepare('DELETE FROM api_keys WHERE id = ?').run(deleted.id);
    database.close();
    await waitUntil('both are told', () => told.length >= 2);
    assert.deepEqual(told, [revoked.sha256, deleted.sha256]);
    assert.equal((await store.findByDigest(revoked.sha256))?.revokedAt, 1);
    await store.close();
  });

  test('tells of very many changes at once as of a time in which it was away', async () => {
    const file = newFile();
    const store = await openKeyStore(`sqlite:${file}`);
    const states: boolean[] = [];
    const told: string[] = [];
    store.onStateChange((up) => states.push(up));
    store.onChange(({ sha256 }) => told.push(sha256));
    const database = new DatabaseSync(file);
    const numbers = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)';
    database.exec(`${numbers} INSERT INTO key_changes (id, sha256) SELECT i, 'x' || i FROM n`);
    await waitUntil('the flood is told', () => states.length >= 2);
    const { key } = createTestKey();
    await store.create(key);
    assert.deepEqual([states, told], [[false, true], [key.sha256]]);
    database.close();
    await store.close();
  });

  test('brings a file of the version before to tell of changes by hand too', async () => {
    const file = newFile();
    const store = await openKeyStore(`sqlite:${file}`);
    const { key } = createTestKey();
    await store.create(key);
    await store.close();
    const database = new DatabaseSync(file);
    for (const name of ['note_made_key', 'note_changed_key', 'note_deleted_key']) database.exec(`DROP TRIGGER ${name}`);
    database.exec('UPDATE schema_version SET version = 1');
    const again = await openKeyStore(`sqlite:${file}`);
    const told: string[] = [];
    again.onChange(({ sha256 }) => told.push(sha256));
    database.exec('UPDATE api_keys SET revoked_at = 1');
    await waitUntil('it is told', () => told.length >= 1);
    assert.deepEqual(told, [key.sha256]);
    database.close();
    await again.close();
  });

  test('says that it was away when it has slept through more changes than are kept', async () => {
    const file = newFile();
    const store = await openKeyStore(`sqlite:${file}`);
    const states: boolean[] = [];
    store.onStateChange((up) => states.push(up));
    const database = new DatabaseSync(file);
    database.exec(`INSERT INTO key_changes (number, id, sha256) VALUES (20000, 'a', 'b')`);
    database.close();
    await waitUntil('the gap is noticed', () => states.length >= 2);
    assert.deepEqual(states, [false, true]);
    await store.close();
  });

  test('keeps only the latest changes', async () => {
    const file = newFile();
    const store = await openKeyStore(`sqlite:${file}`);
    const database = new DatabaseSync(file);
    database.exec(`INSERT INTO key_changes (number, id, sha256) VALUES (1, 'a', 'b'), (20000, 'a', 'b')`);
    await store.create(createTestKey().key);
    const numbers = database.prepare('SELECT number FROM key_changes ORDER BY number').all();
    assert.deepEqual(
      numbers.map(({ number }) => number),
      [20_000, 20_001],
    );
    database.close();
    await store.close();
  });

  test('can be read, and says that it is busy, while another process writes for long', async () => {
    const file = newFile();
    const store = await openKeyStore(`sqlite:${file}`);
    const { key } = createTestKey();
    await store.create(key);
    const database = new DatabaseSync(file);
    database.exec('BEGIN IMMEDIATE');
    await assert.rejects(store.revoke(key.id, 1), (error) => {
      assert.ok(error instanceof StoreUnavailableError);
      assert.match(error.message, /locked/);
      return true;
    });
    assert.equal(store.up, true);
    assert.deepEqual(await store.findById(key.id), key);
    database.exec('ROLLBACK');
    assert.equal((await store.revoke(key.id, 1))?.revokedAt, 1);
    database.close();
    await store.close();
  });

  test('names the file that it cannot open, and why', async () => {
    const text = path.join(folder, 'text.db');
    writeFileSync(text, 'This is a text and no database, and it is long enough to be looked at as one. '.repeat(20));
    await assert.rejects(openKeyStore(`sqlite:${text}`), {
      message: `The key store ${text} cannot be opened: file is not a database.`,
    });
    await assert.rejects(openKeyStore(`sqlite:${text}/below.db`), {
      message: new RegExp(`${text}/below.db cannot be`),
    });
    const newer = newFile();
    await (await openKeyStore(`sqlite:${newer}`)).close();
    const database = new DatabaseSync(newer);
    database.exec('UPDATE schema_version SET version = 1000');
    database.close();
    await assert.rejects(openKeyStore(`sqlite:${newer}`), { message: /have version 1000.*only up to \d+; run/ });
  });

  test('is away while its tables cannot be read, and back when they can', async () => {
    const file = newFile();
    const store = await openKeyStore(`sqlite:${file}`);
    const states: boolean[] = [];
    store.onStateChange((up) => states.push(up));
    const database = new DatabaseSync(file);
    database.exec('ALTER TABLE key_changes RENAME TO hidden');
    await waitUntil('the store is away', () => !store.up);
    database.exec('ALTER TABLE hidden RENAME TO key_changes');
    await waitUntil('the store is back', () => store.up);
    assert.deepEqual(states, [false, true]);
    database.close();
    await store.close();
  });
});

/** Lets a process create keys, and kills it some moments after `count` of them were acknowledged; gives their ids. */
async function writeUntilKilled(file: string, count: number): Promise<string[]> {
  const script = fileURLToPath(new URL('./key-writer.ts', import.meta.url));
  const writer = spawn(process.execPath, [script, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  const enough = Promise.withResolvers<void>();
  writer.stdout.on('data', (text: Buffer) => {
    printed += text.toString();
    if (printed.split('\n').length > count) enough.resolve();
  });
  writer.once('exit', () => enough.reject(new Error('the writer ended by itself')));
  const closed = once(writer, 'close');
  try {
    await within('keys are acknowledged', enough.promise);
  } finally {
    writer.kill('SIGKILL');
  }
  await within('the writer is gone', closed);
  return printed.split('\n').slice(0, -1);
}
