import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

const retryMs = 5;

/**
 * Kysely begins SQLite transactions deferred: two processes that both read and then write fail with SQLITE_BUSY,
 * whatever the time-out. An immediate transaction takes the write lock first and waits for it.
 *
 * It waits without blocking the thread: the lock's holder may be another connection of this very process, which
 * could never commit while SQLite's own time-out sleeps.
 */
class ImmediateDriver extends SqliteDriver {
  readonly #database: Database;
  readonly #lockTimeoutMs: number;

  constructor(database: Database, lockTimeoutMs: number) {
    super({ database });
    this.#database = database;
    this.#lockTimeoutMs = lockTimeoutMs;
  }

  /** Where the disk is full SQLite has rolled back by itself; a second rollback would fail, and hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const deadline = performance.now() + this.#lockTimeoutMs;
    const run = (statement: string) => connection.executeQuery(CompiledQuery.raw(statement));
    await run('pragma busy_timeout = 0');
    try {
      for (;;) {
        try {
          await run('begin immediate');
          return;
        } catch (thrown) {
          if (!isBusy(thrown) || performance.now() > deadline) throw thrown;
          await sleep(retryMs);
        }
      }
    } finally {
      await run(`pragma busy_timeout = ${this.#lockTimeoutMs}`);
    }
  }
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('SQLITE_BUSY');
}

/** @param lockTimeoutMs how long a transaction waits for another connection's */
export function sqliteDialect(database: Database, lockTimeoutMs: number): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new ImmediateDriver(database, lockTimeoutMs),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}
