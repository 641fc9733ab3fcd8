import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { compareNewestFirst, duplicateKeyMessage, type KeyReader, type KeyStore, type StoredKey } from './key-store.ts';
import { migrateSchema } from './sqlite-schema.ts';
import { WatchedStore } from './watched-store.ts';

/** How often changes by other processes are looked for; with nothing new that takes some microseconds. */
const pollIntervalMs = 250;
/** How long a write waits for one of another process. The thread stands still for that time. */
const busyTimeoutMs = 500;
const openAttempts = 20;
const openRetryMs = 50;
/** More changes at once are not told one by one. */
const mostTold = 1_000;
/** A process that sleeps through more changes than this learns that it has missed some. */
const keptChanges = 10_000;

/** Result codes of SQLite, of which the low byte is the kind (https://www.sqlite.org/rescode.html). */
const sqliteBusy = 5;
const sqliteConstraint = 19;

const columns = 'id, name, sha256, rate_limit, permissions, created_at, expires_at, revoked_at';

/**
 * Opens a database file, which is made where there is none, with its folder. Rejects with an Error that names the file
 * when it cannot be opened, is no database, or was written by a newer version.
 */
export async function openSqliteStore(file: string): Promise<KeyStore> {
  const absolute = path.resolve(file);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return new SqliteStore(absolute, openDatabase(absolute));
    } catch (error) {
      // Where several processes open a new file at once, SQLite tells some of them at once that it is busy.
      if (kindOf(error) !== sqliteBusy || attempt === openAttempts) {
        throw new Error(`The key store ${absolute} cannot be opened: ${reasonOf(error)}.`, { cause: error });
      }
    }
    await delay(openRetryMs);
  }
}

/**
 * Opens a database file to look keys up in it, and nothing else: it is neither made nor changed. A file that is not there
 * has no keys. Rejects with an Error that names the file when it is no database of keys.
 */
export async function openSqliteReader(file: string): Promise<KeyReader> {
  const absolute = path.resolve(file);
  if (!existsSync(absolute)) return { findByDigest: async () => null, close: async () => {} };
  let database: DatabaseSync | null = null;
  try {
    const url = pathToFileURL(absolute);
    // Nobody has it open, and a reader would leave the files of the write-ahead log behind.
    if (!existsSync(`${absolute}-wal`)) url.searchParams.set('immutable', '1');
    database = new DatabaseSync(url, { readOnly: true, timeout: busyTimeoutMs });
    const opened = database;
    const byDigest = opened.prepare(`SELECT ${columns} FROM api_keys WHERE sha256 = ?`);
    return {
      findByDigest: async (sha256) => {
        const row = byDigest.get(sha256);
        return row === undefined ? null : parseRow(row);
      },
      close: async () => opened.close(),
    };
  } catch (error) {
    database?.close();
    throw new Error(`The key store ${absolute} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

/**
 * Keeps keys in a file that several processes may have open. The file is written ahead (WAL), so that a process that is
 * killed at any moment leaves it whole and readers never wait. `synchronous = FULL` makes every commit reach the disk
 * before it is acknowledged: a key that was shown outlives a power cut too, and keys are made too seldom for the time
 * that takes to matter.
 */
class SqliteStore extends WatchedStore implements KeyStore {
  private readonly file: string;
  private readonly database: DatabaseSync;
  private readonly statements: Statements;
  private readonly poll: NodeJS.Timeout;
  /** The number of the last change that was told. */
  private seen: number;

  constructor(file: string, database: DatabaseSync) {
    super();
    this.file = file;
    this.database = database;
    this.statements = prepareStatements(database);
    this.seen = Number(this.statements.lastChange.get()?.['number'] ?? 0);
    this.poll = setInterval(() => this.lookForChanges(), pollIntervalMs).unref();
    this.setUp(true);
  }

  async create(key: StoredKey): Promise<void> {
    const { id, name, sha256, rateLimit, permissions, createdAt, expiresAt, revokedAt } = key;
    this.write(() => {
      const list = JSON.stringify(permissions);
      this.statements.insert.run(id, name, sha256, rateLimit, list, createdAt, expiresAt, revokedAt);
      return key;
    });
  }

  async findByDigest(sha256: string): Promise<StoredKey | null> {
    return this.run(() => this.read(this.statements.byDigest, sha256));
  }

  async findById(id: string): Promise<StoredKey | null> {
    return this.run(() => this.read(this.statements.byId, id));
  }

  async list(): Promise<StoredKey[]> {
    return this.run(() => this.statements.all.all().map(parseRow)).sort(compareNewestFirst);
  }

  async revoke(id: string, atMs: number): Promise<StoredKey | null> {
    return this.write(() => {
      this.statements.revoke.run(Math.trunc(atMs), id);
      return this.read(this.statements.byId, id);
    });
  }

  async delete(id: string): Promise<StoredKey | null> {
    return this.write(() => {
      const key = this.read(this.statements.byId, id);
      this.statements.delete.run(id);
      return key;
    });
  }

  async close(): Promise<void> {
    clearInterval(this.poll);
    this.forgetListeners();
    this.setUp(false);
    if (this.database.isOpen) this.database.close();
  }

  private read(statement: StatementSync, value: string): StoredKey | null {
    const row = statement.get(value);
    return row === undefined ? null : parseRow(row);
  }

  /** Does `work`, all or nothing; the database itself notes which keys it changes. */
  private write(work: () => StoredKey | null): StoredKey | null {
    const key = this.run(() => {
      this.database.exec('BEGIN IMMEDIATE');
      try {
        const changed = work();
        if (changed !== null) this.statements.pruneChanges.run(keptChanges);
        this.database.exec('COMMIT');
        return changed;
      } catch (error) {
        if (this.database.isTransaction) this.database.exec('ROLLBACK');
        throw error;
      }
    });
    this.lookForChanges();
    return key;
  }

  private run<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const kind = kindOf(error);
      if (kind === sqliteConstraint) throw new Error(duplicateKeyMessage, { cause: error });
      // A store in which another process is writing can still be read.
      if (kind !== sqliteBusy) this.setUp(false);
      throw new StoreUnavailableError(`The key store ${this.file} cannot be used: ${reasonOf(error)}.`, {
        cause: error,
      });
    }
  }

  /** Tells what has changed since the last time, whoever did it. */
  private lookForChanges(): void {
    let rows: Record<string, SQLOutputValue>[];
    let last = this.seen;
    try {
      rows = this.statements.changesAfter.all(this.seen, mostTold);
      if (rows.length === mostTold) last = Number(this.statements.lastChange.get()?.['number']);
    } catch {
      this.setUp(false);
      return;
    }
    // So many at once are told as one: that anything may have changed.
    const isFlood = last > this.seen;
    if (isFlood || (rows.length > 0 && Number(rows[0]?.['number']) !== this.seen + 1)) this.setUp(false);
    this.setUp(true);
    if (isFlood) {
      this.seen = last;
      return;
    }
    for (const row of rows) {
      this.seen = Number(row['number']);
      this.tellChange({ id: String(row['id']), sha256: String(row['sha256']) });
    }
  }
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: DatabaseSync) {
  return {
    insert: database.prepare(`INSERT INTO api_keys (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
    byId: database.prepare(`SELECT ${columns} FROM api_keys WHERE id = ?`),
    byDigest: database.prepare(`SELECT ${columns} FROM api_keys WHERE sha256 = ?`),
    all: database.prepare(`SELECT ${columns} FROM api_keys`),
    revoke: database.prepare('UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL'),
    delete: database.prepare('DELETE FROM api_keys WHERE id = ?'),
    pruneChanges: database.prepare('DELETE FROM key_changes WHERE number <= (SELECT max(number) FROM key_changes) - ?'),
    changesAfter: database.prepare(
      'SELECT number, id, sha256 FROM key_changes WHERE number > ? ORDER BY number LIMIT ?',
    ),
    lastChange: database.prepare('SELECT max(number) AS number FROM key_changes'),
  };
}

function openDatabase(file: string): DatabaseSync {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  createPrivateFile(file);
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrateSchema(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whoever can write to it can make keys: it is its owner's only, and so are the files that SQLite makes beside it. */
function createPrivateFile(file: string): void {
  try {
    // A file that is there must not be opened: closing it would end the locks that this process has on it.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function parseRow(row: Record<string, SQLOutputValue>): StoredKey {
  return {
    id: String(row['id']),
    name: String(row['name']),
    sha256: String(row['sha256']),
    rateLimit: parseNumber(row['rate_limit']),
    permissions: JSON.parse(String(row['permissions'])) as string[],
    createdAt: Number(row['created_at']),
    expiresAt: parseNumber(row['expires_at']),
    revokedAt: parseNumber(row['revoked_at']),
  };
}

function parseNumber(value: SQLOutputValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** The kind of an error of SQLite's, null for any other error. */
function kindOf(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : null;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
