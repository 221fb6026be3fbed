import type { Kysely, Selectable, Transaction } from 'kysely';
import { NascentError } from '../../errors.ts';
import type { Liveness, ProcessIdentity } from '../../trial/owner.ts';
import type {
  ComparisonRecord,
  ComparisonStore,
  EvaluationKey,
  FinishedRun,
  NewComparison,
  RunKey,
  SharedEvaluation,
} from '../comparison-store.ts';
import {
  ComparisonExistsError,
  ComparisonNotFoundError,
  ComparisonNotOwnedError,
  NotAComparisonError,
} from '../errors.ts';
import type { Claim, LogEntry } from '../store.ts';
import {
  comparisonEventFromRow,
  comparisonFromRow,
  evaluationFromRow,
  packed,
  runFromRow,
} from './comparison-rows.ts';
import type { SqlConnection } from './connection.ts';
import { inTransaction } from './in-transaction.ts';
import { isSameProcess } from './study-transaction.ts';
import type { ComparisonsTable, Tables } from './tables.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

/** The store of a comparison over any SQL dialect: each method that writes is one transaction. */
export class SqlComparisonStore implements ComparisonStore {
  readonly location: string;
  readonly #connection: SqlConnection;
  #closed = false;

  constructor(connection: SqlConnection) {
    this.#connection = connection;
    this.location = connection.location;
  }

  comparison(): Promise<ComparisonRecord | null> {
    return this.#guard(async (db) => {
      const row = await this.#row(db);
      return row === null ? null : comparisonFromRow(row, this.location);
    });
  }

  begin(comparison: NewComparison): Promise<ComparisonRecord> {
    return this.#transaction(async (db) => {
      if ((await this.#row(db)) !== null) throw new ComparisonExistsError(this.location);
      const study = await db.selectFrom('studies').select('id').limit(1).executeTakeFirst();
      if (study !== undefined) throw new NotAComparisonError(this.location);
      const row = await db
        .insertInto('comparisons')
        .values({
          config: JSON.stringify(comparison.config),
          space: JSON.stringify(comparison.space),
          evaluator_identity: comparison.evaluatorIdentity,
          code_version: comparison.codeVersion,
          dataset_checksum: comparison.datasetChecksum,
          created_at: this.#moment(),
          owner: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return comparisonFromRow(row, this.location);
    });
  }

  claim(
    claimant: ProcessIdentity,
    judge: (owner: ProcessIdentity) => Liveness,
    takeOver = false,
  ): Promise<Claim> {
    return this.#transaction(async (db): Promise<Claim> => {
      const { id, owner } = await this.#lock(db);
      if (owner !== null && !takeOver) {
        const liveness = judge(owner);
        if (liveness !== 'dead') return { claimed: false, owner, liveness };
      }
      const { host, bootId, pid, startTime } = claimant;
      await this.#setOwner(db, id, { host, bootId, pid, startTime, since: this.#moment() });
      return { claimed: true, previous: owner };
    });
  }

  release(owner: ProcessIdentity): Promise<void> {
    return this.#transaction(async (db) => {
      const { id, owner: current } = await this.#lock(db);
      if (isSameProcess(current, owner)) await this.#setOwner(db, id, null);
    });
  }

  changeConfig(owner: ProcessIdentity, config: unknown): Promise<void> {
    return this.#writeAs(owner, async (db, id) => {
      const changed = { config: JSON.stringify(config) };
      await db.updateTable('comparisons').set(changed).where('id', '=', id).execute();
    });
  }

  commitRun(owner: ProcessIdentity, finished: FinishedRun): Promise<boolean> {
    const record = packed(finished.run); // before the file is locked
    return this.#writeAs(owner, async (db, id) => {
      const { strategy, seed } = finished.run;
      const { finals, clock, codeVersion } = finished;
      const { numInsertedOrUpdatedRows: inserted } = await db
        .insertInto('runs')
        .values({
          comparison_id: id,
          strategy,
          seed,
          identity: finished.strategy,
          code_version: codeVersion,
          clock,
          finals: finals === null ? null : JSON.stringify(finals),
          record,
          committed_at: this.#moment(),
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      if (inserted !== 1n) return false;
      if (finals !== null) await this.#addEvent(db, id, 'finals-opened', { strategy, seed, ...finals });
      return true;
    });
  }

  runKeys(): Promise<readonly (RunKey & { readonly identity: string })[]> {
    return this.#guard((db) =>
      db
        .selectFrom('runs')
        .select(['strategy', 'seed', 'identity'])
        .orderBy('strategy')
        .orderBy('seed')
        .execute(),
    );
  }

  runs(): Promise<readonly FinishedRun[]> {
    return this.#guard(async (db) => {
      const rows = await db.selectFrom('runs').selectAll().orderBy('strategy').orderBy('seed').execute();
      return rows.map((row) => runFromRow(row, this.location));
    });
  }

  keepEvaluation(
    owner: ProcessIdentity,
    key: EvaluationKey,
    { result, seconds }: SharedEvaluation,
  ): Promise<SharedEvaluation> {
    return this.#writeAs(owner, async (db, id) => {
      await db
        .insertInto('evaluations')
        .values({
          comparison_id: id,
          architecture_key: key.architecture,
          replicate: key.replicate,
          result: JSON.stringify(result),
          seconds,
          made_at: this.#moment(),
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const kept = await this.#evaluation(db, id, key);
      if (kept === null) throw new Error('an evaluation that was kept a moment ago is not there');
      return kept;
    });
  }

  evaluation(key: EvaluationKey): Promise<SharedEvaluation | null> {
    return this.#guard(async (db) => {
      const comparison = await this.#row(db);
      return comparison === null ? null : this.#evaluation(db, comparison.id, key);
    });
  }

  evaluationCount(): Promise<number> {
    return this.#guard(async (db) => {
      const { count } = await db
        .selectFrom('evaluations')
        .select((select) => select.fn.countAll<number | string | bigint>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count); // dialects count in different types
    });
  }

  log(kind: string, detail: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.#transaction(async (db) => {
      const { id } = await this.#lock(db);
      await this.#addEvent(db, id, kind, detail);
    });
  }

  logEntries(): Promise<readonly LogEntry[]> {
    return this.#guard(async (db) => {
      const rows = await db.selectFrom('comparison_events').selectAll().orderBy('id').execute();
      return rows.map((row) => comparisonEventFromRow(row, this.location));
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#connection.close();
  }

  #moment(): string {
    return this.#connection.now().toISOString();
  }

  async #row(db: Db): Promise<Selectable<ComparisonsTable> | null> {
    return (await db.selectFrom('comparisons').selectAll().orderBy('id').limit(1).executeTakeFirst()) ?? null;
  }

  /** Locks the comparison's row, where rows are locked. @throws ComparisonNotFoundError */
  async #lock(db: Transaction<Tables>): Promise<ComparisonRecord & { readonly id: number }> {
    let query = db.selectFrom('comparisons').selectAll().orderBy('id').limit(1);
    if (this.#connection.rowLocks) query = query.forNoKeyUpdate();
    const row = await query.executeTakeFirst();
    if (row === undefined) throw new ComparisonNotFoundError(this.location);
    return { id: row.id, ...comparisonFromRow(row, this.location) };
  }

  async #setOwner(db: Db, id: number, owner: unknown): Promise<void> {
    const changed = { owner: owner === null ? null : JSON.stringify(owner) };
    await db.updateTable('comparisons').set(changed).where('id', '=', id).execute();
  }

  async #evaluation(
    db: Db,
    id: number,
    { architecture, replicate }: EvaluationKey,
  ): Promise<SharedEvaluation | null> {
    const row = await db
      .selectFrom('evaluations')
      .selectAll()
      .where('comparison_id', '=', id)
      .where('architecture_key', '=', architecture)
      .where('replicate', '=', replicate)
      .executeTakeFirst();
    return row === undefined ? null : evaluationFromRow(row, this.location);
  }

  async #addEvent(
    db: Db,
    id: number,
    kind: string,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const event = { comparison_id: id, at: this.#moment(), kind, detail: JSON.stringify(detail) };
    await db.insertInto('comparison_events').values(event).execute();
  }

  #writeAs<T>(owner: ProcessIdentity, work: (db: Transaction<Tables>, id: number) => Promise<T>): Promise<T> {
    return this.#transaction(async (db) => {
      const { id, owner: current } = await this.#lock(db);
      if (!isSameProcess(current, owner)) throw new ComparisonNotOwnedError(this.location);
      return work(db, id);
    });
  }

  #transaction<T>(work: (db: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.#guard(() => inTransaction(this.#connection, work));
  }

  async #guard<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    if (this.#closed)
      throw new NascentError('STORE_CLOSED', `${this.location} was closed and then used again.`);
    try {
      return await work(this.#connection.db);
    } catch (thrown) {
      throw this.#connection.translate(thrown);
    }
  }
}
