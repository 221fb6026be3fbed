import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { SqlConnection } from './sql/connection.ts';
import { type StudyTable, studyTables } from './sql/study-tables.ts';
import type { Tables } from './sql/tables.ts';

/*
 * Rows on their way from one database to another, whatever their table: columns are copied as they are, so that numbers
 * and bytes stay equal bit for bit.
 */

export type Row = Readonly<Record<string, unknown>>;

/** In one statement; SQLite takes 32,766 values and PostgreSQL 65,535. */
const valuesAtOnce = 16_000;
const rowsAtOnce = 500;

/** What of a row is not copied: who is at work on the study at the moment, and numbers that the target gives itself. */
const changed: { readonly [Name in StudyTable]?: (row: Row) => Row } = {
  trials: (row) => (row['state'] === 'running' ? { ...row, owner: null } : row),
  replicas: (row) => ({ ...row, owner: null, seen_ms: 0 }),
  workers: (row) => ({ ...row, state: 'left' }),
  events: ({ id: _, ...row }) => row,
};

/** The tables of a study, those first that others refer to. */
export const tableNames = Object.keys(studyTables) as readonly StudyTable[];

export async function countRows(db: Kysely<Tables>, table: StudyTable, study: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)} where study_id = ${study}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** The study's rows of a table in the order of their key, some at a time: memory does not grow with the study. */
export async function* rowsOf(
  { db, translate }: Pick<SqlConnection, 'db' | 'translate'>,
  table: StudyTable,
  study: number,
): AsyncGenerator<readonly Row[]> {
  const key: readonly string[] = studyTables[table];
  const columns = sql.join(['study_id', ...key].map((column) => sql.ref(column)));
  const rest = sql.join(key.map((column) => sql.ref(column)));
  let after: readonly unknown[] | null = null;
  for (;;) {
    // The study apart from the rest of the key: so both databases go straight to the row in the key's index.
    const from: RawBuilder<unknown> =
      after === null
        ? sql`study_id = ${study}`
        : sql`study_id = ${study} and (${rest}) > (${sql.join(after)})`;
    const query = sql<Row>`
      select * from ${sql.table(table)} where ${from} order by ${columns} limit ${rowsAtOnce}`;
    const { rows }: { rows: readonly Row[] } = await query.execute(db).catch((thrown: unknown) => {
      throw translate(thrown); // here, where it is known which of two databases it was
    });
    if (rows.length > 0) yield rows;
    const last: Row | undefined = rows.at(-1);
    if (rows.length < rowsAtOnce || key.length === 0 || last === undefined) return;
    after = key.map((column) => last[column]);
  }
}

/** Adds rows of a table under another study's number. */
export async function addRows(
  db: Transaction<Tables>,
  table: StudyTable,
  study: number,
  rows: readonly Row[],
): Promise<void> {
  const copied = rows.map((row) => ({ ...(changed[table]?.(row) ?? row), study_id: study }));
  const columns = Object.keys(copied[0] ?? {});
  const atOnce = Math.max(1, Math.floor(valuesAtOnce / columns.length));
  const names = sql.join(columns.map((column) => sql.ref(column)));
  for (let from = 0; from < copied.length; from += atOnce) {
    const values = copied.slice(from, from + atOnce).map((row: Row) => {
      return sql`(${sql.join(columns.map((column) => row[column]))})`;
    });
    await sql`insert into ${sql.table(table)} (${names}) values ${sql.join(values)}`.execute(db);
  }
}
