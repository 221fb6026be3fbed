import { type RawBuilder, sql } from 'kysely';
import type { SqlConnection } from './connection.ts';

/**
 * Milliseconds since 1970 by the clock of the database: the one clock that all processes of a study share. Of an
 * embedded database it is this machine's.
 */
export function databaseMs({ rowLocks }: Pick<SqlConnection, 'rowLocks'>): RawBuilder<number> {
  // Row locks are what tells PostgreSQL from SQLite here. Not now(): that is the transaction's beginning.
  return rowLocks
    ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql<number>`cast((julianday('now') - 2440587.5) * 86400000 as integer)`;
}
