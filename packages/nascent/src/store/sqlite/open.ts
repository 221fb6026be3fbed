import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { Kysely } from 'kysely';
import type { ComparisonStore } from '../comparison-store.ts';
import {
  NotAStudyFileError,
  StoreNewerError,
  StoreNotFoundError,
  StoreOlderError,
  StoreUnreadableError,
  StoreUnwritableError,
} from '../errors.ts';
import type { ColumnTypes } from '../migrations/migration.ts';
import { migrations, schemaVersion } from '../migrations/migrations.ts';
import type { OpenOptions } from '../open-options.ts';
import type { SqlConnection } from '../sql/connection.ts';
import { SqlComparisonStore } from '../sql/sql-comparison-store.ts';
import type { Tables } from '../sql/tables.ts';
import { sqliteDialect } from './dialect.ts';
import { translateSqliteError } from './translate.ts';

/** PRAGMA application_id of a study file: "NASC" in ASCII. */
export const applicationId = 0x4e415343;

const columnTypes: ColumnTypes = { serial: 'integer', integer: 'integer', real: 'real', bytes: 'blob' };
const magic = 'SQLite format 3\0';

/** The store of a comparison, in a file of its own. @throws as `connectSqlite` */
export async function openSqliteComparison(path: string, options: OpenOptions): Promise<ComparisonStore> {
  return new SqlComparisonStore(await connectSqlite(path, options));
}

/**
 * Opens a study file.
 *
 * Written in WAL mode with synchronous=FULL: readers never wait, and what was committed survives a power cut.
 * @throws StoreNotFoundError, NotAStudyFileError, StoreNewerError, StoreOlderError, StoreUnwritableError,
 *   StoreUnreadableError, StoreBusyError
 */
export async function connectSqlite(path: string, options: OpenOptions): Promise<SqlConnection> {
  const { access, lockTimeoutMs = 10_000, now = () => new Date() } = options;
  const writing = access !== 'read';
  const translate = (thrown: unknown) => translateSqliteError(thrown, path, writing ? 'write' : 'read');
  checkFile(path, access);
  let database: Database | undefined;
  try {
    database = writing ? new Sqlite(path, { timeout: lockTimeoutMs }) : openReading(path, lockTimeoutMs);
    const db = new Kysely<Tables>({ dialect: sqliteDialect(database, lockTimeoutMs) });
    if (writing) await bringUpToDate(database, db, path, access === 'create');
    else checkVersion(database, path);
    const opened = database;
    return {
      db,
      location: path,
      rowLocks: false,
      beginSnapshot: 'begin',
      now,
      translate,
      mayRetry: () => false, // one writer at a time: nobody is in a conflict
      close: () => close(opened, db, writing),
    };
  } catch (thrown) {
    database?.close();
    throw translate(thrown);
  }
}

/** What can be said before SQLite touches the file. */
function checkFile(path: string, access: OpenOptions['access']): void {
  if (!existsSync(path)) {
    if (access !== 'create') throw new StoreNotFoundError(path);
    const directory = dirname(path);
    if (!existsSync(directory)) throw new StoreUnwritableError(path, `there is no directory ${directory}`);
    return;
  }
  if (statSync(path).isDirectory()) throw new NotAStudyFileError(path, 'it is a directory');
  const head = firstBytes(path, magic.length);
  if (head === '' && access === 'create') return; // an empty file, as mktemp leaves it
  if (head === '') throw new NotAStudyFileError(path, 'it is empty');
  if (head !== magic) throw new NotAStudyFileError(path, 'it is not a SQLite database');
}

function firstBytes(path: string, count: number): string {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(count);
      return bytes.toString('latin1', 0, readSync(file, bytes, 0, count, 0));
    } finally {
      closeSync(file);
    }
  } catch (thrown) {
    throw new StoreUnreadableError(path, 'it cannot be opened', { cause: thrown });
  }
}

/**
 * A file in WAL mode without its `-wal` file was closed properly. SQLite would create side files to read it, which
 * a reader must not do (and cannot in a directory that it may not write), so its bytes are read as one snapshot.
 */
function openReading(path: string, timeout: number): Database {
  const walMode = firstBytes(path, 20).charCodeAt(18) === 2;
  if (!walMode || existsSync(`${path}-wal`)) return new Sqlite(path, { readonly: true, timeout });
  const bytes = readFileSync(path);
  bytes[18] = 1; // file format "legacy": an image in memory can have no WAL
  bytes[19] = 1;
  return new Sqlite(bytes, { readonly: true });
}

/** The schema's version; null where the database is empty. */
function readVersion(database: Database, path: string): number | null {
  const application = database.pragma('application_id', { simple: true });
  const version = Number(database.pragma('user_version', { simple: true }));
  const { tables } = database.prepare('select count(*) as tables from sqlite_master').get() as {
    tables: number;
  };
  if (application === 0 && version === 0 && tables === 0) return null;
  if (application !== applicationId) {
    throw new NotAStudyFileError(path, 'it is a SQLite database of another application');
  }
  if (version > schemaVersion) throw new StoreNewerError(path, version, schemaVersion);
  return version;
}

function checkVersion(database: Database, path: string): void {
  const version = readVersion(database, path);
  if (version === null) throw new NotAStudyFileError(path, 'it is an empty database');
  if (version < schemaVersion) throw new StoreOlderError(path, version, schemaVersion);
}

async function bringUpToDate(
  database: Database,
  db: Kysely<Tables>,
  path: string,
  mayBegin: boolean,
): Promise<void> {
  const found = readVersion(database, path);
  if (found === null && !mayBegin) throw new NotAStudyFileError(path, 'it is an empty database');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  if (found === null || found < schemaVersion) {
    // Before WAL: so the first commit, with the application's id, is in the main file itself.
    await db.transaction().execute(async (transaction) => {
      const version = readVersion(database, path); // again, under the lock: another process may have been first
      for (const migration of migrations.slice(version ?? 0)) await migration.up(transaction, columnTypes);
      database.pragma(`application_id = ${applicationId}`);
      database.pragma(`user_version = ${schemaVersion}`);
    });
  }
  database.pragma('journal_mode = WAL');
  // Writes the first page of the WAL, so that who opens the file to read sees that it is in use (`openReading`).
  database.pragma(`user_version = ${schemaVersion}`);
}

async function close(database: Database, db: Kysely<Tables>, writing: boolean): Promise<void> {
  if (writing) {
    try {
      // Only the last connection can: then the file stands alone and can be copied or read from anywhere.
      database.pragma('busy_timeout = 0');
      database.pragma('journal_mode = DELETE');
    } catch {
      // Others read it at the moment: it stays in WAL mode, which is as safe.
    }
  }
  await db.destroy();
  if (database.open) database.close();
}
