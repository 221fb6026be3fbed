import type { Kysely, Transaction } from 'kysely';
import { NascentError } from '../../errors.ts';
import type { EpochReport } from '../../evaluation/evaluation.ts';
import type { Step, TrialState } from '../../trial/life-cycle.ts';
import type { Liveness, ProcessIdentity } from '../../trial/owner.ts';
import type { NewTrial, TrialRecord } from '../../trial/record.ts';
import { StudyExistsError, StudyNotFoundError } from '../errors.ts';
import type { SharedStore } from '../shared-store.ts';
import type {
  Claim,
  NewStudy,
  Requeue,
  StateChange,
  Store,
  StudyRecord,
  TrialPage,
  TrialResult,
} from '../store.ts';
import type { SqlConnection } from './connection.ts';
import { inTransaction } from './in-transaction.ts';
import { studyFromRow } from './rows.ts';
import { SqlSharedStore } from './sql-shared-store.ts';
import { StudyRows } from './study-rows.ts';
import { isSameProcess, StudyTransaction } from './study-transaction.ts';
import type { Tables } from './tables.ts';

/** The store over any SQL dialect: each method one transaction, the driver's errors in the store's words. */
export class SqlStore implements Store {
  readonly location: string;
  readonly #connection: SqlConnection;
  readonly shared: SharedStore;
  #closed = false;

  constructor(connection: SqlConnection) {
    this.#connection = connection;
    this.location = connection.location;
    this.shared = new SqlSharedStore(
      { transaction: (work) => this.#transaction(work), reading: (work) => this.#guard(work) },
      connection,
    );
  }

  studies(): Promise<readonly StudyRecord[]> {
    return this.#guard(async (db) => {
      const rows = await db.selectFrom('studies').selectAll().orderBy('id').execute();
      return rows.map((row) => studyFromRow(row, this.location));
    });
  }

  async study(name?: string): Promise<StudyRecord> {
    const all = await this.studies();
    const fitting = name === undefined ? all : all.filter((study) => study.name === name);
    const [found, ...others] = fitting;
    if (found !== undefined && others.length === 0) return found;
    const names = all.map((study) => study.name);
    throw new StudyNotFoundError(this.location, name, names);
  }

  createStudy(study: NewStudy): Promise<StudyRecord> {
    return this.#transaction(async (db) => {
      const row = await db
        .insertInto('studies')
        .values({
          name: study.name,
          config: JSON.stringify(study.config),
          seed: study.seed,
          space: JSON.stringify(study.space),
          evaluator_identity: study.evaluatorIdentity,
          strategy: study.strategy,
          code_version: study.codeVersion,
          dataset_checksum: study.datasetChecksum,
          created_at: this.#connection.now().toISOString(),
          owner: null,
        })
        // Asked before instead, two at once would both find the name free.
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw new StudyExistsError(this.location, study.name);
      return studyFromRow(row, this.location);
    });
  }

  claim(
    study: number,
    claimant: ProcessIdentity,
    judge: (owner: ProcessIdentity) => Liveness,
    takeOver = false,
  ): Promise<Claim> {
    return this.#write(study, async (rows): Promise<Claim> => {
      const { owner } = await rows.lock();
      if (owner !== null && !takeOver) {
        const liveness = judge(owner);
        if (liveness !== 'dead') return { claimed: false, owner, liveness };
      }
      const { host, bootId, pid, startTime } = claimant;
      await rows.changeStudy({ owner: { host, bootId, pid, startTime, since: rows.moment() } });
      return { claimed: true, previous: owner };
    });
  }

  release(study: number, owner: ProcessIdentity): Promise<void> {
    return this.#write(study, async (rows) => {
      const record = await rows.lock();
      if (isSameProcess(record.owner, owner)) await rows.changeStudy({ owner: null });
    });
  }

  changeConfig(study: number, owner: ProcessIdentity, config: unknown): Promise<void> {
    return this.#writeAs(study, owner, (rows) => rows.changeStudy({ config }));
  }

  strategyState(study: number) {
    return this.#read(study, (rows) => rows.strategyState());
  }

  ask(study: number, owner: ProcessIdentity, trials: readonly NewTrial[], state: StateChange) {
    return this.#writeAs(study, owner, async (rows) => {
      const revision = await rows.changeState(state);
      return { trials: await rows.addTrials(trials), revision };
    });
  }

  startTrial(study: number, owner: ProcessIdentity, number: number): Promise<Step<TrialRecord>> {
    return this.#writeAs(study, owner, (rows) => rows.start(number, owner));
  }

  appendEpoch(study: number, number: number, attempt: number, epoch: EpochReport): Promise<boolean> {
    return this.#write(study, (rows) => rows.appendEpoch(number, attempt, epoch));
  }

  tell(study: number, owner: ProcessIdentity, result: TrialResult, state: StateChange) {
    return this.#writeAs(
      study,
      owner,
      async (rows): Promise<Step<{ readonly trial: TrialRecord; readonly revision: number }>> => {
        const step = await rows.finish(result);
        if (!step.accepted) return step;
        return { accepted: true, next: { trial: step.next, revision: await rows.changeState(state) } };
      },
    );
  }

  requeue(study: number, owner: ProcessIdentity, number: number, why: Requeue): Promise<Step<TrialRecord>> {
    return this.#writeAs(study, owner, (rows) => rows.requeue(number, why));
  }

  requeueRunning(study: number, owner: ProcessIdentity): Promise<readonly number[]> {
    return this.#writeAs(study, owner, async (rows) => {
      const handedBack: number[] = [];
      for (const { number, attempt } of await rows.trials({ states: ['running'] })) {
        const step = await rows.requeue(number, { kind: 'hand-back', attempt });
        if (step.accepted) handedBack.push(number); // else it was cancelled a moment ago
      }
      return handedBack;
    });
  }

  cancel(study: number, number: number): Promise<Step<TrialRecord>> {
    return this.#write(study, (rows) => rows.cancel(number));
  }

  trials(
    study: number,
    filter: {
      readonly states?: readonly TrialState[];
      readonly top?: number;
      readonly page?: TrialPage;
    } = {},
  ) {
    return this.#read(study, (rows) => rows.trials(filter));
  }

  trialLines(study: number, page: TrialPage) {
    return this.#read(study, (rows) => rows.trialLines(page));
  }

  trial(study: number, number: number): Promise<TrialRecord> {
    return this.#read(study, (rows) => rows.trial(number));
  }

  trialCount(study: number): Promise<number> {
    return this.#read(study, (rows) => rows.trialCount());
  }

  completedTwin(study: number, architectureKey: string): Promise<TrialRecord | null> {
    return this.#read(study, (rows) => rows.completedTwin(architectureKey));
  }

  curve(study: number, number: number): Promise<readonly EpochReport[]> {
    return this.#read(study, (rows) => rows.curve(number));
  }

  log(study: number, kind: string, detail: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.#write(study, (rows) => rows.log(kind, detail));
  }

  logEntries(study: number) {
    return this.#read(study, (rows) => rows.logEntries());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#connection.close();
  }

  #writeAs<T>(
    study: number,
    owner: ProcessIdentity,
    work: (rows: StudyTransaction) => Promise<T>,
  ): Promise<T> {
    return this.#write(study, async (rows) => {
      await rows.lockFor(owner);
      return work(rows);
    });
  }

  #write<T>(study: number, work: (rows: StudyTransaction) => Promise<T>): Promise<T> {
    return this.#transaction((db) => work(new StudyTransaction(db, study, this.#connection)));
  }

  #read<T>(study: number, work: (rows: StudyRows) => Promise<T>): Promise<T> {
    return this.#guard((db) => work(new StudyRows(db, study, this.#connection)));
  }

  #transaction<T>(work: (db: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.#guard(() => inTransaction(this.#connection, work));
  }

  async #guard<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new NascentError('STORE_CLOSED', `${this.location} was closed and then used again.`);
    }
    try {
      return await work(this.#connection.db);
    } catch (thrown) {
      throw this.#connection.translate(thrown);
    }
  }
}
