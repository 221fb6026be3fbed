import type { Kysely, Transaction } from 'kysely';
import { NascentError } from '../../errors.ts';
import type { EpochReport } from '../../evaluation/evaluation.ts';
import {
  advance,
  born,
  type LifeCycle,
  type Step,
  type Transition,
  type TrialState,
} from '../../trial/life-cycle.ts';
import type { Liveness, ProcessIdentity } from '../../trial/owner.ts';
import { type NewTrial, stateOf, type TrialRecord } from '../../trial/record.ts';
import {
  StrategyStateConflictError,
  StudyExistsError,
  StudyNotFoundError,
  StudyNotOwnedError,
  TrialNotFoundError,
} from '../errors.ts';
import type {
  Claim,
  LogEntry,
  NewStudy,
  Requeue,
  StateChange,
  Store,
  StrategyState,
  StudyRecord,
  TrialResult,
} from '../store.ts';
import { epochFromRow, epochToRow, logEntryFromRow, studyFromRow, trialFromRow } from './rows.ts';
import type { Tables } from './tables.ts';

/** What a dialect lends to the store. */
export interface SqlConnection {
  readonly db: Kysely<Tables>;
  readonly location: string;
  /** True where rows must be locked one by one; SQLite's writing transactions lock the file. */
  readonly rowLocks: boolean;
  now(): Date;
  /** Turns the driver's errors into the store's; returns anything else as it is. */
  translate(thrown: unknown): unknown;
  close(): Promise<void>;
}

/** The store over any SQL dialect. Its promises are those of `Store`. */
export class SqlStore implements Store {
  readonly location: string;
  readonly #connection: SqlConnection;
  #closed = false;

  constructor(connection: SqlConnection) {
    this.#connection = connection;
    this.location = connection.location;
  }

  studies(): Promise<readonly StudyRecord[]> {
    return this.#read(async (db) => {
      const rows = await db.selectFrom('studies').selectAll().orderBy('id').execute();
      return rows.map((row) => studyFromRow(row, this.location));
    });
  }

  async study(name?: string): Promise<StudyRecord> {
    const all = await this.studies();
    const found =
      name === undefined ? (all.length === 1 ? all[0] : undefined) : all.find((s) => s.name === name);
    if (found !== undefined) return found;
    throw new StudyNotFoundError(
      this.location,
      name,
      all.map((study) => study.name),
    );
  }

  createStudy(study: NewStudy): Promise<StudyRecord> {
    return this.#write(async (db) => {
      const twin = await db
        .selectFrom('studies')
        .select('id')
        .where('name', '=', study.name)
        .executeTakeFirst();
      if (twin !== undefined) throw new StudyExistsError(this.location, study.name);
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
          created_at: this.#moment(),
          owner: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return studyFromRow(row, this.location);
    });
  }

  claim(
    study: number,
    claimant: ProcessIdentity,
    judge: (owner: ProcessIdentity) => Liveness,
    takeOver = false,
  ): Promise<Claim> {
    return this.#write(async (db): Promise<Claim> => {
      const { owner } = await this.#lockStudy(db, study);
      if (owner !== null && !takeOver) {
        const liveness = judge(owner);
        if (liveness !== 'dead') return { claimed: false, owner, liveness };
      }
      const since = this.#moment();
      const { host, bootId, pid, startTime } = claimant;
      await db
        .updateTable('studies')
        .set({ owner: JSON.stringify({ host, bootId, pid, startTime, since }) })
        .where('id', '=', study)
        .execute();
      return { claimed: true, previous: owner };
    });
  }

  release(study: number, owner: ProcessIdentity): Promise<void> {
    return this.#write(async (db) => {
      const record = await this.#lockStudy(db, study);
      if (!isSameProcess(record.owner, owner)) return;
      await db.updateTable('studies').set({ owner: null }).where('id', '=', study).execute();
    });
  }

  changeConfig(study: number, owner: ProcessIdentity, config: unknown): Promise<void> {
    return this.#write(async (db) => {
      await this.#lockOwned(db, study, owner);
      await db
        .updateTable('studies')
        .set({ config: JSON.stringify(config) })
        .where('id', '=', study)
        .execute();
    });
  }

  strategyState(study: number): Promise<StrategyState | null> {
    return this.#read(async (db) => {
      const row = await db
        .selectFrom('strategy_state')
        .select(['bytes', 'revision'])
        .where('study_id', '=', study)
        .executeTakeFirst();
      return row === undefined ? null : { bytes: Uint8Array.from(row.bytes), revision: row.revision };
    });
  }

  ask(study: number, owner: ProcessIdentity, trials: readonly NewTrial[], state: StateChange) {
    return this.#write(async (db) => {
      await this.#lockOwned(db, study, owner);
      const revision = await this.#changeState(db, study, state);
      const drawn = await this.#count(db, study);
      const records: TrialRecord[] = [];
      for (const [i, trial] of trials.entries()) {
        if (trial.number !== drawn + i + 1) {
          throw new NascentError(
            'TRIAL_NUMBER_GAP',
            `${this.location}: the new trial has number ${trial.number}, but ${drawn + i + 1} comes next.`,
          );
        }
        const row = await db
          .insertInto('trials')
          .values({
            study_id: study,
            number: trial.number,
            tokens: trial.tokens,
            architecture: JSON.stringify(trial.architecture),
            architecture_key: trial.architectureKey,
            seed: trial.seed,
            state: born.state,
            attempt: born.attempt,
            child_failures: born.childFailures,
            facts: '{}',
            epochs: 0,
            queued_at: this.#moment(),
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        records.push(trialFromRow(row, this.location));
      }
      return { trials: records, revision };
    });
  }

  startTrial(study: number, owner: ProcessIdentity, number: number): Promise<Step<TrialRecord>> {
    const { host, bootId, pid, startTime } = owner;
    return this.#write(async (db) => {
      await this.#lockOwned(db, study, owner);
      return this.#step(db, study, number, { kind: 'start' }, () => ({
        started_at: this.#moment(),
        owner: JSON.stringify({ host, bootId, pid, startTime }),
      }));
    });
  }

  appendEpoch(study: number, number: number, attempt: number, epoch: EpochReport): Promise<boolean> {
    return this.#write(async (db) => {
      const trial = await this.#lockTrial(db, study, number);
      if (trial.state !== 'running' || trial.attempt !== attempt) return false;
      await db
        .insertInto('epochs')
        .values(epochToRow(study, number, epoch))
        .execute();
      await this.#updateTrial(db, study, number, { epochs: trial.epochs + 1 });
      return true;
    });
  }

  tell(study: number, owner: ProcessIdentity, result: TrialResult, state: StateChange) {
    return this.#write(async (db): Promise<Step<{ trial: TrialRecord; revision: number }>> => {
      await this.#lockOwned(db, study, owner);
      const { number, attempt, outcome } = result;
      const now = this.#moment();
      const step = await this.#step(db, study, number, transitionOf(result), (trial, next) => {
        if (next.state === 'queued') {
          throw new NascentError(
            'TRIAL_NOT_FINISHED',
            `${this.location}: trial ${number} was told to the strategy after attempt ${attempt}, ` +
              `but its attempt limit ${result.attemptLimit} is not reached: requeue it.`,
          );
        }
        const ranMs = Date.parse(now) - Date.parse(trial.startedAt ?? now);
        return {
          outcome: JSON.stringify(outcome),
          reward: result.reward,
          score_split: result.score?.split ?? null,
          score_metric: result.score?.metric ?? null,
          score_value: result.score?.value ?? null,
          parameters: result.parameters,
          facts: JSON.stringify(result.facts),
          reused_from: result.reusedFrom,
          finished_at: now,
          seconds: Math.max(0, ranMs) / 1000,
          worker: result.worker === null ? null : JSON.stringify(result.worker),
        };
      });
      if (!step.accepted) return step;
      const revision = await this.#changeState(db, study, state);
      const trial = await this.#replaceCurve(db, study, result);
      return { accepted: true, next: { trial, revision } };
    });
  }

  requeue(study: number, owner: ProcessIdentity, number: number, why: Requeue): Promise<Step<TrialRecord>> {
    return this.#write(async (db) => {
      await this.#lockOwned(db, study, owner);
      return this.#requeue(db, study, number, why);
    });
  }

  requeueRunning(study: number, owner: ProcessIdentity): Promise<readonly number[]> {
    return this.#write(async (db) => {
      await this.#lockOwned(db, study, owner);
      const running = await db
        .selectFrom('trials')
        .select(['number', 'attempt'])
        .where('study_id', '=', study)
        .where('state', '=', 'running')
        .orderBy('number')
        .execute();
      for (const { number, attempt } of running) {
        await this.#requeue(db, study, number, { kind: 'hand-back', attempt });
      }
      return running.map(({ number }) => number);
    });
  }

  cancel(study: number, number: number): Promise<Step<TrialRecord>> {
    return this.#write((db) =>
      this.#step(db, study, number, { kind: 'cancel' }, () => ({ finished_at: this.#moment() })),
    );
  }

  trials(study: number, filter: { readonly states?: readonly TrialState[]; readonly top?: number } = {}) {
    return this.#read(async (db): Promise<readonly TrialRecord[]> => {
      let query = db.selectFrom('trials').selectAll().where('study_id', '=', study);
      if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
      if (filter.top !== undefined) {
        query = query.where('reward', 'is not', null).orderBy('reward', 'desc').limit(filter.top);
      }
      const rows = await query.orderBy('number').execute();
      return rows.map((row) => trialFromRow(row, this.location));
    });
  }

  trial(study: number, number: number): Promise<TrialRecord> {
    return this.#read((db) => this.#trial(db, study, number));
  }

  trialCount(study: number): Promise<number> {
    return this.#read((db) => this.#count(db, study));
  }

  completedTwin(study: number, architectureKey: string): Promise<TrialRecord | null> {
    return this.#read(async (db) => {
      const row = await db
        .selectFrom('trials')
        .selectAll()
        .where('study_id', '=', study)
        .where('architecture_key', '=', architectureKey)
        .where('state', '=', 'completed')
        .where('reused_from', 'is', null)
        .orderBy('number')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : trialFromRow(row, this.location);
    });
  }

  curve(study: number, number: number): Promise<readonly EpochReport[]> {
    return this.#read(async (db) => {
      const { reusedFrom } = await this.#trial(db, study, number);
      const rows = await db
        .selectFrom('epochs')
        .selectAll()
        .where('study_id', '=', study)
        .where('trial', '=', reusedFrom ?? number)
        .orderBy('epoch')
        .execute();
      return rows.map((row) => epochFromRow(row, this.location));
    });
  }

  log(study: number, kind: string, detail: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.#write(async (db) => {
      await db
        .insertInto('events')
        .values({ study_id: study, at: this.#moment(), kind, detail: JSON.stringify(detail) })
        .execute();
    });
  }

  logEntries(study: number): Promise<readonly LogEntry[]> {
    return this.#read(async (db) => {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('study_id', '=', study)
        .orderBy('id')
        .execute();
      return rows.map(({ study_id: _, ...row }) =>
        logEntryFromRow({ study_id: study, ...row }, this.location),
      );
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#connection.close();
  }

  // --- inside a transaction ---

  async #lockStudy(db: Transaction<Tables>, study: number): Promise<StudyRecord> {
    let query = db.selectFrom('studies').selectAll().where('id', '=', study);
    if (this.#connection.rowLocks) query = query.forUpdate();
    const row = await query.executeTakeFirst();
    if (row === undefined) throw new StudyNotFoundError(this.location, `id ${study}`, []);
    return studyFromRow(row, this.location);
  }

  async #lockOwned(db: Transaction<Tables>, study: number, owner: ProcessIdentity): Promise<void> {
    const record = await this.#lockStudy(db, study);
    if (!isSameProcess(record.owner, owner)) throw new StudyNotOwnedError(this.location, record.name);
  }

  async #lockTrial(db: Transaction<Tables>, study: number, number: number): Promise<TrialRecord> {
    let query = db
      .selectFrom('trials')
      .selectAll()
      .where('study_id', '=', study)
      .where('number', '=', number);
    if (this.#connection.rowLocks) query = query.forUpdate();
    const row = await query.executeTakeFirst();
    if (row === undefined) throw new TrialNotFoundError(this.location, number, await this.#count(db, study));
    return trialFromRow(row, this.location);
  }

  async #trial(db: Kysely<Tables>, study: number, number: number): Promise<TrialRecord> {
    const row = await db
      .selectFrom('trials')
      .selectAll()
      .where('study_id', '=', study)
      .where('number', '=', number)
      .executeTakeFirst();
    if (row === undefined) throw new TrialNotFoundError(this.location, number, await this.#count(db, study));
    return trialFromRow(row, this.location);
  }

  async #count(db: Kysely<Tables>, study: number): Promise<number> {
    const { last } = await db
      .selectFrom('trials')
      .select((select) => select.fn.max('number').as('last'))
      .where('study_id', '=', study)
      .executeTakeFirstOrThrow();
    return last ?? 0;
  }

  async #updateTrial(
    db: Transaction<Tables>,
    study: number,
    number: number,
    columns: TrialColumns,
  ): Promise<void> {
    await db
      .updateTable('trials')
      .set(columns)
      .where('study_id', '=', study)
      .where('number', '=', number)
      .execute();
  }

  /** One step of a trial's life; `columns` adds what else changes with it. */
  async #step(
    db: Transaction<Tables>,
    study: number,
    number: number,
    transition: Transition,
    columns: (trial: TrialRecord, next: LifeCycle) => TrialColumns,
  ): Promise<Step<TrialRecord>> {
    const trial = await this.#lockTrial(db, study, number);
    const step = advance(trial, transition);
    if (!step.accepted) return step;
    const { state, attempt, childFailures } = step.next;
    await this.#updateTrial(db, study, number, {
      ...columns(trial, step.next),
      state,
      attempt,
      child_failures: childFailures,
    });
    return { accepted: true, next: await this.#trial(db, study, number) };
  }

  async #requeue(
    db: Transaction<Tables>,
    study: number,
    number: number,
    why: Requeue,
  ): Promise<Step<TrialRecord>> {
    const step = await this.#step(db, study, number, why, (_, next) => {
      if (next.state !== 'queued') {
        throw new NascentError(
          'TRIAL_FINISHED',
          `${this.location}: trial ${number} has failed for good: tell it to the strategy.`,
        );
      }
      return { epochs: 0, owner: null, started_at: null };
    });
    if (step.accepted) {
      await db.deleteFrom('epochs').where('study_id', '=', study).where('trial', '=', number).execute();
    }
    return step;
  }

  async #replaceCurve(db: Transaction<Tables>, study: number, result: TrialResult): Promise<TrialRecord> {
    const { number, curve, reusedFrom } = result;
    await db.deleteFrom('epochs').where('study_id', '=', study).where('trial', '=', number).execute();
    for (const epoch of curve) {
      await db
        .insertInto('epochs')
        .values(epochToRow(study, number, epoch))
        .execute();
    }
    const epochs = reusedFrom === null ? curve.length : (await this.#trial(db, study, reusedFrom)).epochs;
    await this.#updateTrial(db, study, number, { epochs });
    return this.#trial(db, study, number);
  }

  async #changeState(db: Transaction<Tables>, study: number, change: StateChange): Promise<number> {
    const found = await db
      .selectFrom('strategy_state')
      .select('revision')
      .where('study_id', '=', study)
      .executeTakeFirst();
    const current = found?.revision ?? 0;
    if (current !== change.from) throw new StrategyStateConflictError(this.location, change.from, current);
    const row = { revision: current + 1, bytes: Buffer.from(change.bytes), updated_at: this.#moment() };
    if (found === undefined) {
      await db
        .insertInto('strategy_state')
        .values({ study_id: study, ...row })
        .execute();
    } else await db.updateTable('strategy_state').set(row).where('study_id', '=', study).execute();
    return row.revision;
  }

  // --- edges ---

  #moment(): string {
    return this.#connection.now().toISOString();
  }

  #write<T>(work: (db: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.#guard(() => this.#connection.db.transaction().execute(work));
  }

  #read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#guard(() => work(this.#connection.db));
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed)
      throw new NascentError('STORE_CLOSED', `${this.location} was closed and then used again.`);
    try {
      return await work();
    } catch (thrown) {
      throw this.#connection.translate(thrown);
    }
  }
}

type TrialColumns = Partial<Omit<Tables['trials'], 'study_id' | 'number'>>;

function isSameProcess(a: ProcessIdentity | null, b: ProcessIdentity): boolean {
  return (
    a !== null && a.host === b.host && a.bootId === b.bootId && a.pid === b.pid && a.startTime === b.startTime
  );
}

/** A child that died or threw is counted; any other outcome is an answer that no further attempt would change. */
function transitionOf({ attempt, attemptLimit, outcome }: TrialResult): Transition {
  if (outcome.kind === 'crashed' || outcome.kind === 'error')
    return { kind: 'child-failed', attempt, attemptLimit };
  return { kind: 'finish', attempt, as: stateOf(outcome) };
}
