import type { Kysely, Transaction } from 'kysely';
import type { Step } from '../../trial/life-cycle.ts';
import type { ProcessIdentity } from '../../trial/owner.ts';
import type { TrialRecord } from '../../trial/record.ts';
import type {
  DispatchableTrial,
  Draw,
  DrawFacts,
  GradientRecord,
  ParameterSnapshot,
  Push,
  PushEffect,
  PushReceipt,
  ReplicaRecord,
  ShardContent,
  SharedProgress,
  SharedStore,
  Sharing,
  UnconsumedTrial,
  WorkerActivity,
  WorkerCapability,
  WorkerRecord,
} from '../shared-store.ts';
import type { Requeue, TrialResult } from '../store.ts';
import type { SqlConnection } from './connection.ts';
import { databaseMs } from './database-clock.ts';
import { gradientFromRow, ownerColumn, unconsumedFromRow, workerFromRow } from './shared-rows.ts';
import { SharedTransaction } from './shared-transaction.ts';
import type { Tables } from './tables.ts';

/** How a store runs its work: with its errors translated, and refused once it is closed. */
export interface StoreWork {
  transaction<T>(work: (db: Transaction<Tables>) => Promise<T>): Promise<T>;
  reading<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
}

/** Shared studies over any SQL dialect: each method one transaction. */
export class SqlSharedStore implements SharedStore {
  readonly #work: StoreWork;
  readonly #connection: SqlConnection;

  constructor(work: StoreWork, connection: SqlConnection) {
    this.#work = work;
    this.#connection = connection;
  }

  share(
    study: number,
    { accumulate, baseline }: { readonly accumulate: number; readonly baseline: number | null },
    shards: readonly ShardContent[],
  ): Promise<Sharing> {
    return this.#write(study, async (rows) => {
      await rows.lock();
      const existing = await this.#sharing(rows.db, study);
      if (existing !== null) return existing;
      await rows.db
        .insertInto('shared_studies')
        .values({ study_id: study, accumulate, baseline, begun_at: rows.moment() })
        .execute();
      for (const [shard, { parameters, optimiser }] of shards.entries()) {
        await rows.db
          .insertInto('shards')
          .values({
            study_id: study,
            shard,
            version: 0,
            parameters: Buffer.from(parameters),
            optimiser: Buffer.from(optimiser),
          })
          .execute();
      }
      return { shards: shards.length, accumulate, baseline };
    });
  }

  changeConfig(study: number, config: unknown): Promise<void> {
    return this.#write(study, (rows) => rows.changeStudy({ config }));
  }

  sharing(study: number): Promise<Sharing | null> {
    return this.#work.reading((db) => this.#sharing(db, study));
  }

  async #sharing(db: Kysely<Tables>, study: number): Promise<Sharing | null> {
    const row = await db
      .selectFrom('shared_studies')
      .select(['accumulate', 'baseline'])
      .where('study_id', '=', study)
      .executeTakeFirst();
    if (row === undefined) return null;
    const { shards } = await db
      .selectFrom('shards')
      .select((select) => select.fn.countAll().as('shards'))
      .where('study_id', '=', study)
      .executeTakeFirstOrThrow();
    return { ...row, shards: Number(shards) };
  }

  claimReplicas(study: number, owner: ProcessIdentity, count: number, deadAfterMs: number) {
    return this.#write(study, (rows) => rows.claimReplicas(owner, count, deadAfterMs));
  }

  beatReplicas(study: number, owner: ProcessIdentity): Promise<readonly number[]> {
    return this.#work.transaction(async (db) => {
      const rows = await db
        .updateTable('replicas')
        .set({ seen_ms: databaseMs(this.#connection) })
        .where('study_id', '=', study)
        .where('owner', '=', ownerColumn(owner))
        .returning('replica')
        .execute();
      return rows.map(({ replica }) => replica).sort((a, b) => a - b);
    });
  }

  releaseReplicas(study: number, owner: ProcessIdentity): Promise<void> {
    return this.#work.transaction(async (db) => {
      await db
        .updateTable('replicas')
        .set({ owner: null })
        .where('study_id', '=', study)
        .where('owner', '=', ownerColumn(owner))
        .execute();
    });
  }

  replicas(study: number): Promise<readonly ReplicaRecord[]> {
    return this.#write(study, (rows) => rows.replicas());
  }

  adoptOrphans(study: number, owner: ProcessIdentity, replica: number, deadAfterMs: number) {
    return this.#write(study, (rows) => rows.adoptOrphans(owner, replica, deadAfterMs));
  }

  draw(
    study: number,
    owner: ProcessIdentity,
    replica: number,
    limits: { readonly atMost: number; readonly countSpent: boolean },
    make: (facts: DrawFacts) => Draw,
  ) {
    return this.#write(study, (rows) => rows.draw(owner, replica, limits, make));
  }

  unconsumed(study: number, replicas: readonly number[]): Promise<readonly UnconsumedTrial[]> {
    if (replicas.length === 0) return Promise.resolve([]);
    return this.#work.reading(async (db) => {
      const rows = await db
        .selectFrom('trials')
        .select(['number', 'replica', 'state', 'reward'])
        .where('study_id', '=', study)
        .where('replica', 'in', [...replicas])
        .where('consumed', 'is', null)
        .orderBy('number')
        .execute();
      return rows.map((row) => unconsumedFromRow(row, this.#connection.location));
    });
  }

  tokens(study: number, numbers: readonly number[]): Promise<ReadonlyMap<number, string>> {
    return this.#work.reading(async (db) => {
      const rows = await db
        .selectFrom('trials')
        .select(['number', 'tokens'])
        .where('study_id', '=', study)
        .where('number', 'in', [...numbers])
        .execute();
      return new Map(rows.map(({ number, tokens }) => [number, tokens]));
    });
  }

  progress(study: number, countSpent: boolean): Promise<SharedProgress> {
    return this.#write(study, (rows) => rows.progress(countSpent));
  }

  pull(study: number): Promise<ParameterSnapshot> {
    return this.#work.reading(async (db) => {
      // One statement is one snapshot, so that all shards are of one moment without a lock.
      const rows = await db
        .selectFrom('shards')
        .innerJoin('shared_studies', 'shared_studies.study_id', 'shards.study_id')
        .select(['shards.version', 'shards.parameters', 'shared_studies.baseline'])
        .where('shards.study_id', '=', study)
        .orderBy('shards.shard')
        .execute();
      const shards = rows.map(({ version, parameters }) => ({ version, parameters }));
      const baseline =
        rows.length > 0 ? (rows[0]?.baseline ?? null) : ((await this.#sharing(db, study))?.baseline ?? null);
      return { shards, baseline };
    });
  }

  push(study: number, owner: ProcessIdentity, push: Push, effect: PushEffect): Promise<PushReceipt> {
    return this.#write(study, (rows) => rows.push(owner, push, effect));
  }

  gradients(study: number): Promise<readonly GradientRecord[]> {
    return this.#work.reading(async (db) => {
      const rows = await db
        .selectFrom('gradients')
        .selectAll()
        .where('study_id', '=', study)
        .orderBy('applied_ms')
        .orderBy('replica')
        .orderBy('sequence')
        .execute();
      return rows.map((row) => gradientFromRow(row, this.#connection.location));
    });
  }

  dispatchable(study: number): Promise<readonly DispatchableTrial[]> {
    return this.#work.reading(async (db) => {
      const rows = await db
        .selectFrom('trials')
        .leftJoin('workers', (join) =>
          join
            .onRef('workers.study_id', '=', 'trials.study_id')
            .onRef('workers.worker', '=', 'trials.worker_name'),
        )
        .select([
          'trials.number',
          'trials.attempt',
          'trials.state',
          'workers.seen_ms',
          'workers.state as worker_state',
        ])
        .select(databaseMs(this.#connection).as('now_ms'))
        .where('trials.study_id', '=', study)
        .where('trials.state', 'in', ['queued', 'running'])
        .orderBy('trials.number')
        .execute();
      return rows.map(({ number, attempt, state, seen_ms, now_ms, worker_state }): DispatchableTrial => {
        if (state === 'queued') return { number, attempt: attempt + 1, state, silentMs: null };
        const silentMs = seen_ms === null || worker_state === 'left' ? null : Math.max(0, now_ms - seen_ms);
        return { number, attempt, state: 'running', silentMs };
      });
    });
  }

  startAttempt(
    study: number,
    number: number,
    attempt: number,
    worker: { readonly name: string; readonly process: ProcessIdentity },
  ): Promise<Step<TrialRecord>> {
    return this.#write(study, (rows) => rows.startAttempt(number, attempt, worker));
  }

  finishAttempt(study: number, result: TrialResult, chargedSeconds: number): Promise<Step<TrialRecord>> {
    return this.#write(study, (rows) => rows.finishAttempt(result, chargedSeconds));
  }

  requeueAttempt(study: number, number: number, why: Requeue): Promise<Step<TrialRecord>> {
    return this.#write(study, (rows) => rows.requeue(number, why));
  }

  agreeOnDataset(study: number, checksum: string): Promise<string> {
    return this.#write(study, async (rows) => {
      const { datasetChecksum } = await rows.lock();
      if (datasetChecksum !== null) return datasetChecksum;
      await rows.db
        .updateTable('studies')
        .set({ dataset_checksum: checksum })
        .where('id', '=', study)
        .execute();
      return checksum;
    });
  }

  joinWorker(
    study: number,
    name: string,
    process: ProcessIdentity,
    capability: WorkerCapability,
  ): Promise<void> {
    const activity: WorkerActivity = { running: [], finished: 0, failed: 0, lastError: null };
    return this.#work.transaction(async (db) => {
      const nowMs = databaseMs(this.#connection);
      await db
        .insertInto('workers')
        .values({
          study_id: study,
          worker: name,
          owner: ownerColumn(process),
          capability: JSON.stringify(capability),
          state: 'working',
          activity: JSON.stringify(activity),
          joined_ms: nowMs,
          seen_ms: nowMs,
        })
        // The same process asks again where the first answer was lost.
        .onConflict((conflict) =>
          conflict.columns(['study_id', 'worker']).doUpdateSet({ state: 'working', seen_ms: nowMs }),
        )
        .execute();
    });
  }

  beatWorker(study: number, name: string, activity: WorkerActivity): Promise<void> {
    return this.#setOfWorker(study, name, { activity: JSON.stringify(activity) });
  }

  leaveWorker(study: number, name: string): Promise<void> {
    return this.#setOfWorker(study, name, { state: 'left' });
  }

  #setOfWorker(
    study: number,
    name: string,
    columns: { readonly activity?: string; readonly state?: string },
  ): Promise<void> {
    return this.#work.transaction(async (db) => {
      await db
        .updateTable('workers')
        .set({ ...columns, seen_ms: databaseMs(this.#connection) })
        .where('study_id', '=', study)
        .where('worker', '=', name)
        .execute();
    });
  }

  workers(study: number): Promise<readonly WorkerRecord[]> {
    return this.#work.reading(async (db) => {
      const rows = await db
        .selectFrom('workers')
        .selectAll()
        .select(databaseMs(this.#connection).as('now_ms'))
        .where('study_id', '=', study)
        .orderBy('joined_ms')
        .orderBy('worker')
        .execute();
      return rows.map((row) => workerFromRow(row, this.#connection.location));
    });
  }

  #write<T>(study: number, work: (rows: SharedTransaction) => Promise<T>): Promise<T> {
    return this.#work.transaction((db) => work(new SharedTransaction(db, study, this.#connection)));
  }
}
