import { Kysely, PostgresDialect } from 'kysely';
import type { OpenOptions } from '../open-options.ts';
import type { SqlConnection } from '../sql/connection.ts';
import type { Tables } from '../sql/tables.ts';
import { openPool } from './pool.ts';
import { bringSchemaUpToDate, checkSchema, schemaName } from './schema.ts';
import { parseStudyUrl } from './study-url.ts';
import { isConflict, translatePostgresError } from './translate.ts';

/**
 * Connects to the database of a study's URL.
 *
 * Transactions are READ COMMITTED with row locks: every method that decides by what it read has locked the row of
 * the study, the replica or the trial before reading it, or decides and changes in one statement. What was
 * committed survives a crash of the server, unless its administrator has set `fsync` or `synchronous_commit` otherwise.
 * @throws StoreUrlError, StoreUnreachableError, StoreAccessDeniedError, DatabaseNotFoundError, StoreTlsError,
 *   StoreNotFoundError, NotAStudyDatabaseError, StoreNewerError, StoreOlderError, StoreUnwritableError,
 *   StoreUnreadableError
 */
export async function connectPostgres(url: string, options: OpenOptions): Promise<SqlConnection> {
  const { access, lockTimeoutMs = 15_000, statementTimeoutMs = 60_000, connections = 10 } = options;
  const server = parseStudyUrl(url);
  const reading = access === 'read';
  const translate = (thrown: unknown) => translatePostgresError(thrown, server, reading ? 'read' : 'write');
  const pool = openPool({
    connectionString: server.connectionString,
    connections,
    lockTimeoutMs,
    statementTimeoutMs,
    readOnly: reading,
    schema: schemaName,
  });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    if (reading) await checkSchema(db, server.safe);
    else await bringSchemaUpToDate(db, server.safe, access === 'create');
  } catch (thrown) {
    await db.destroy();
    throw translate(thrown);
  }
  return {
    db,
    location: server.safe,
    rowLocks: true,
    beginSnapshot: 'begin isolation level repeatable read read only',
    now: options.now ?? (() => new Date()),
    translate,
    mayRetry: isConflict,
    close: () => db.destroy(),
  };
}
