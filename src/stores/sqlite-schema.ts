import type { DatabaseSync } from 'node:sqlite';

/** What brings a database from each version of the schema to the next one; the first makes it from an empty file. */
const migrations: readonly string[] = [
  `CREATE TABLE api_keys (
     id          TEXT PRIMARY KEY,
     name        TEXT NOT NULL,
     sha256      TEXT NOT NULL UNIQUE,
     rate_limit  REAL,                 -- requests a minute
     permissions TEXT NOT NULL,        -- a JSON array of strings
     created_at  INTEGER NOT NULL,     -- Unix time in milliseconds, as are the other times
     expires_at  INTEGER,
     revoked_at  INTEGER
   ) STRICT, WITHOUT ROWID;
   -- What happened to which key, for other processes. Numbers have no gaps: a gap means that entries were missed.
   CREATE TABLE key_changes (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     id     TEXT NOT NULL,
     sha256 TEXT NOT NULL
   ) STRICT;`,
  `-- Whoever changes a key, by a program of another kind or by hand, tells of it.
   CREATE TRIGGER note_made_key AFTER INSERT ON api_keys BEGIN
     INSERT INTO key_changes (id, sha256) VALUES (new.id, new.sha256);
   END;
   CREATE TRIGGER note_changed_key AFTER UPDATE ON api_keys BEGIN
     INSERT INTO key_changes (id, sha256) VALUES (old.id, old.sha256);
     INSERT INTO key_changes (id, sha256) SELECT new.id, new.sha256 WHERE new.sha256 <> old.sha256;
   END;
   CREATE TRIGGER note_deleted_key AFTER DELETE ON api_keys BEGIN
     INSERT INTO key_changes (id, sha256) VALUES (old.id, old.sha256);
   END;`,
];

/**
 * Brings the tables of an opened database to the version that this program knows, all or nothing; of several processes
 * one does it. Throws an Error for a database that a newer program has written.
 */
export function migrateSchema(database: DatabaseSync): void {
  if (readVersion(database) === migrations.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = readVersion(database);
    if (version > migrations.length) {
      throw new Error(
        `its tables have version ${version}, and this version of Sluice knows only up to ${migrations.length}; ` +
          'run the version that wrote them, or choose another file',
      );
    }
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT');
    database.exec('DELETE FROM schema_version');
    database.prepare('INSERT INTO schema_version VALUES (?)').run(migrations.length);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** 0 for a database that is empty. */
function readVersion(database: DatabaseSync): number {
  const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'").get();
  if (table === undefined) return 0;
  return Number(database.prepare('SELECT version FROM schema_version').get()?.['version'] ?? 0);
}
