import { type Kysely, sql, type Transaction } from 'kysely';
import { NotAStudyDatabaseError, StoreNewerError, StoreNotFoundError, StoreOlderError } from '../errors.ts';
import type { ColumnTypes } from '../migrations/migration.ts';
import { migrations, schemaVersion } from '../migrations/migrations.ts';
import type { Tables } from '../sql/tables.ts';

/** All of Nascent's tables lie in this schema, so that it shares a database with other applications. */
export const schemaName = 'nascent';

// With its schema: who may not use the schema is told so, where a bare name would only not be found.
const versionTable = sql.table(`${schemaName}.schema_version`);

/** "NASC" in ASCII: the lock that whoever changes the schema holds. */
const migrationLock = 0x4e415343;
const migrationTimeout = '10min';

const columnTypes: ColumnTypes = {
  serial: 'bigserial',
  integer: 'bigint',
  real: 'double precision',
  bytes: 'bytea',
};

/** @throws StoreNotFoundError, NotAStudyDatabaseError, StoreNewerError, StoreOlderError */
export async function checkSchema(db: Kysely<Tables>, location: string): Promise<void> {
  const version = await readVersion(db, location);
  if (version === null) throw new StoreNotFoundError(location);
  if (version < schemaVersion) throw new StoreOlderError(location, version, schemaVersion);
}

/**
 * Makes the schema where it is missing, and brings an older one up to date; of many that try at once, one does.
 * @param mayBegin whether a database that holds nothing of Nascent may be given the schema
 * @throws StoreNotFoundError, NotAStudyDatabaseError, StoreNewerError
 */
export async function bringSchemaUpToDate(
  db: Kysely<Tables>,
  location: string,
  mayBegin: boolean,
): Promise<void> {
  const found = await readVersion(db, location);
  if (found === schemaVersion) return;
  if (found === null && !mayBegin) throw new StoreNotFoundError(location);
  await db.transaction().execute(async (transaction) => {
    for (const setting of ['lock_timeout', 'statement_timeout']) {
      await sql`select set_config(${setting}, ${migrationTimeout}, true)`.execute(transaction);
    }
    // Ends with the transaction, so it also works through connection poolers.
    await sql`select pg_advisory_xact_lock(${migrationLock})`.execute(transaction);
    const version = await readVersion(transaction, location); // again: another process may have been first
    if (version === null) await begin(transaction);
    for (const migration of migrations.slice(version ?? 0)) await migration.up(transaction, columnTypes);
    await sql`update ${versionTable} set version = ${schemaVersion}`.execute(transaction);
  });
}

async function begin(transaction: Transaction<Tables>): Promise<void> {
  // "if not exists" would ask for the right to create even where it is there.
  if (!(await present(transaction)).schema)
    await sql`create schema ${sql.id(schemaName)}`.execute(transaction);
  await sql`create table ${versionTable} (version integer not null)`.execute(transaction);
  await sql`insert into ${versionTable} values (0)`.execute(transaction);
}

/** The schema's version; null where there is none of Nascent's. */
async function readVersion(db: Kysely<Tables>, location: string): Promise<number | null> {
  const { schema, version, tables } = await present(db);
  if (!schema || (!version && tables === 0)) return null;
  if (!version) {
    throw new NotAStudyDatabaseError(
      location,
      `its schema "${schemaName}" holds tables of another application`,
    );
  }
  const { rows } = await sql<{ version: number }>`select version from ${versionTable}`.execute(db);
  const found = rows[0]?.version;
  if (found === undefined || rows.length > 1) {
    throw new NotAStudyDatabaseError(location, `the table ${schemaName}.schema_version has no one row`);
  }
  if (found > schemaVersion) throw new StoreNewerError(location, found, schemaVersion);
  return found;
}

/** From the catalogue, which everybody may read. */
async function present(db: Kysely<Tables>): Promise<{ schema: boolean; version: boolean; tables: number }> {
  const { rows } = await sql<{ schema: boolean; version: boolean; tables: number }>`
    select count(distinct n.oid) > 0 as schema,
           coalesce(bool_or(c.relname = 'schema_version'), false) as version,
           count(c.oid) as tables
    from pg_namespace n left join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v')
    where n.nspname = ${schemaName}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate without a row');
  return row;
}
