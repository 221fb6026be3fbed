import { existsSync, rmSync } from 'node:fs';
import { sql } from 'kysely';
import { describeOwner, type Liveness, type ProcessIdentity } from '../trial/owner.ts';
import { addRows, countRows, rowsOf, tableNames } from './copy-rows.ts';
import { StudyCopiedWhileRunningError, StudyExistsError, StudyNotFoundError } from './errors.ts';
import { connectStore, isUrl, studyNameOf } from './open-store.ts';
import type { SqlConnection } from './sql/connection.ts';
import { databaseMs } from './sql/database-clock.ts';
import { inTransaction } from './sql/in-transaction.ts';
import { SqlStore } from './sql/sql-store.ts';
import type { StudyRecord } from './store.ts';

export interface CopyOptions {
  /** Whether the process that runs the study lives; a study that somebody runs is refused. */
  readonly judge: (owner: ProcessIdentity) => Liveness;
  /** Copies it all the same: what the store holds at this moment. */
  readonly force?: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  readonly table: string;
  /** Rows of all tables. */
  readonly copied: number;
  readonly rows: number;
}

export interface CopySummary {
  /** Without passwords. */
  readonly from: string;
  readonly to: string;
  /** The study's name at the target. */
  readonly study: string;
  readonly trials: number;
  readonly rows: number;
}

/** Of a shared study: whoever was heard of within this time is at work on it. */
const heardOfMs = 60_000;

/**
 * Copies a study with everything that belongs to it from one store to another, between files and PostgreSQL servers in
 * any direction. The copy is exact, so that a study goes on from it as it would have from the original: all columns of
 * all rows bit for bit. Not copied is who is at work on it, and the numbers that a store counts its studies and log lines
 * by.
 *
 * The source is read as of one moment; at the target it is one transaction, so that a copy which fails or is killed
 * leaves no part of the study. Memory does not grow with the number of trials.
 * @param from file or URL; its only study, or the one that the URL names
 * @param to file (which holds one study) or URL; the study is called as the URL says, else as before
 * @throws StudyExistsError, StudyCopiedWhileRunningError, StudyNotFoundError, the errors of opening
 */
export async function copyStudy(from: string, to: string, options: CopyOptions): Promise<CopySummary> {
  const source = await connectStore(from, { access: 'read', statementTimeoutMs: 0 });
  try {
    // Before anything is made at the target.
    const found = await new SqlStore(source).study(studyNameOf(from));
    if (options.force !== true) await refuseRunning(source, found, options.judge);
    const name = studyNameOf(to) ?? found.name;
    const isNewFile = !isUrl(to) && !existsSync(to);
    const target = await connectStore(to, { access: 'create', statementTimeoutMs: 0 });
    let rows: { readonly trials: number; readonly all: number } | null = null;
    try {
      rows = await copyInto(source, found, target, { ...options, name, alone: !isUrl(to) });
      return {
        from: source.location,
        to: target.location,
        study: name,
        trials: rows.trials,
        rows: rows.all,
      };
    } finally {
      await target.close();
      if (rows === null && isNewFile) rmSync(to, { force: true });
    }
  } finally {
    await source.close();
  }
}

interface Destination extends CopyOptions {
  readonly name: string;
  /** A file has no way to name one of several studies. */
  readonly alone: boolean;
}

async function copyInto(
  source: SqlConnection,
  study: StudyRecord,
  target: SqlConnection,
  destination: Destination,
): Promise<{ readonly trials: number; readonly all: number }> {
  try {
    // One connection, which reads as of one moment.
    return await source.db.connection().execute(async (reading) => {
      await sql.raw(source.beginSnapshot).execute(reading);
      try {
        return await copyRows({ ...source, db: reading }, study, target, destination);
      } finally {
        await sql`rollback`.execute(reading).catch(() => {}); // its connection is gone: so is the transaction
      }
    });
  } catch (thrown) {
    throw source.translate(thrown); // what the target threw is in words already
  }
}

async function copyRows(
  source: SqlConnection,
  { id, name }: StudyRecord,
  target: SqlConnection,
  destination: Destination,
): Promise<{ readonly trials: number; readonly all: number }> {
  const { db } = source;
  const counts = new Map<string, number>();
  for (const table of tableNames) counts.set(table, await countRows(db, table, id));
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const row = await db.selectFrom('studies').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new StudyNotFoundError(source.location, name, []);
  const { id: _, ...columns } = row;
  try {
    await inTransaction(target, async (writing) => {
      const others = await writing.selectFrom('studies').select('name').execute();
      const other = destination.alone ? others[0] : others.find((each) => each.name === destination.name);
      if (other !== undefined) throw new StudyExistsError(target.location, other.name);
      const added = await writing
        .insertInto('studies')
        .values({ ...columns, name: destination.name, owner: null })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (added === undefined) throw new StudyExistsError(target.location, destination.name);
      let copied = 0;
      for (const table of tableNames) {
        for await (const rows of rowsOf(source, table, id)) {
          await addRows(writing, table, added.id, rows);
          copied += rows.length;
          destination.onProgress?.({ table, copied, rows: all });
        }
      }
    });
  } catch (thrown) {
    throw target.translate(thrown);
  }
  return { trials: counts.get('trials') ?? 0, all };
}

/** @throws StudyCopiedWhileRunningError */
async function refuseRunning(
  source: SqlConnection,
  { id, owner }: StudyRecord,
  judge: CopyOptions['judge'],
): Promise<void> {
  if (owner !== null && judge(owner) !== 'dead') {
    throw new StudyCopiedWhileRunningError(source.location, describeOwner(owner));
  }
  const { db } = source;
  const heardOf = sql<number>`${databaseMs(source)} - ${heardOfMs}`;
  const replica = await db
    .selectFrom('replicas')
    .select('replica')
    .where('study_id', '=', id)
    .where('owner', 'is not', null)
    .where('seen_ms', '>', heardOf)
    .executeTakeFirst();
  const worker = await db
    .selectFrom('workers')
    .select('worker')
    .where('study_id', '=', id)
    .where('state', '!=', 'left')
    .where('seen_ms', '>', heardOf)
    .executeTakeFirst();
  if (replica !== undefined) {
    throw new StudyCopiedWhileRunningError(source.location, `controller replica ${replica.replica}`);
  }
  if (worker !== undefined)
    throw new StudyCopiedWhileRunningError(source.location, `worker ${worker.worker}`);
}
