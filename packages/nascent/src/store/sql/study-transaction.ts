import type { Transaction, Updateable } from 'kysely';
import { NascentError } from '../../errors.ts';
import type { EpochReport } from '../../evaluation/evaluation.ts';
import { advance, born, type LifeCycle, type Step, type Transition } from '../../trial/life-cycle.ts';
import type { ProcessIdentity } from '../../trial/owner.ts';
import { type NewTrial, stateOf, type TrialRecord } from '../../trial/record.ts';
import { StrategyStateConflictError, StudyNotFoundError, StudyNotOwnedError } from '../errors.ts';
import type { Requeue, StateChange, StudyRecord, TrialResult } from '../store.ts';
import { epochToRow, studyFromRow, trialFromRow } from './rows.ts';
import { StudyRows } from './study-rows.ts';
import type { Tables } from './tables.ts';

/** SQLite takes 32,766 values in one statement, PostgreSQL 65,535. */
const rowsAtOnce = 1000;

type TrialColumns = Updateable<Omit<Tables['trials'], 'study_id' | 'number'>>;

/** Changes the rows of one study inside one writing transaction. */
export class StudyTransaction extends StudyRows<Transaction<Tables>> {
  /** ISO 8601, UTC. */
  moment(): string {
    return this.connection.now().toISOString();
  }

  /** Locks the study's row, where rows are locked. @throws StudyNotFoundError */
  async lock(): Promise<StudyRecord> {
    let query = this.db.selectFrom('studies').selectAll().where('id', '=', this.study);
    // "No key": rows that only refer to the study (a line of its log) need not wait.
    if (this.connection.rowLocks) query = query.forNoKeyUpdate();
    const row = await query.executeTakeFirst();
    if (row !== undefined) return studyFromRow(row, this.connection.location);
    throw new StudyNotFoundError(this.connection.location, `number ${this.study}`, []);
  }

  /** @throws StudyNotOwnedError */
  async lockFor(owner: ProcessIdentity): Promise<void> {
    const record = await this.lock();
    if (!isSameProcess(record.owner, owner)) {
      throw new StudyNotOwnedError(this.connection.location, record.name);
    }
  }

  async changeStudy(columns: { readonly config?: unknown; readonly owner?: unknown }): Promise<void> {
    const { config, owner } = columns;
    await this.db
      .updateTable('studies')
      .set({
        ...(config === undefined ? {} : { config: JSON.stringify(config) }),
        ...(owner === undefined ? {} : { owner: owner === null ? null : JSON.stringify(owner) }),
      })
      .where('id', '=', this.study)
      .execute();
  }

  /** @param replica of a shared study: whose they are */
  async addTrials(
    trials: readonly NewTrial[],
    replica: number | null = null,
  ): Promise<readonly TrialRecord[]> {
    const drawn = await this.trialCount();
    const records: TrialRecord[] = [];
    for (const [i, trial] of trials.entries()) {
      const next = drawn + i + 1;
      if (trial.number !== next) {
        throw new NascentError(
          'TRIAL_NUMBER_GAP',
          `${this.connection.location}: the new trial has number ${trial.number}, but ${next} comes next.`,
        );
      }
      const row = await this.db
        .insertInto('trials')
        .values({
          study_id: this.study,
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
          queued_at: this.moment(),
          replica,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      records.push(trialFromRow(row, this.connection.location));
    }
    return records;
  }

  /** @returns the new revision @throws StrategyStateConflictError */
  async changeState({ bytes, from }: StateChange): Promise<number> {
    const row = { revision: from + 1, bytes: Buffer.from(bytes), updated_at: this.moment() };
    // Compared and changed in one statement: no lock is common to all who change it (a draw and a push of others).
    const stored =
      from === 0
        ? await this.db
            .insertInto('strategy_state')
            .values({ study_id: this.study, ...row })
            .onConflict((conflict) => conflict.column('study_id').doNothing())
            .returning('revision')
            .executeTakeFirst()
        : await this.db
            .updateTable('strategy_state')
            .set(row)
            .where('study_id', '=', this.study)
            .where('revision', '=', from)
            .returning('revision')
            .executeTakeFirst();
    if (stored !== undefined) return stored.revision;
    const current = (await this.strategyState())?.revision ?? 0;
    throw new StrategyStateConflictError(this.connection.location, from, current);
  }

  start(number: number, { host, bootId, pid, startTime }: ProcessIdentity): Promise<Step<TrialRecord>> {
    return this.#step(number, { kind: 'start' }, () => ({
      started_at: this.moment(),
      owner: JSON.stringify({ host, bootId, pid, startTime }),
    }));
  }

  async appendEpoch(number: number, attempt: number, epoch: EpochReport): Promise<boolean> {
    const trial = await this.lockTrial(number);
    if (trial.state !== 'running' || trial.attempt !== attempt) return false;
    const added = await this.db
      .insertInto('epochs')
      .values(epochToRow(this.study, number, epoch))
      .onConflict((conflict) => conflict.columns(['study_id', 'trial', 'epoch']).doNothing())
      .returning('epoch')
      .execute();
    // It is there already where the answer was lost and it is told again.
    if (added.length > 0) await this.#changeTrial(number, { epochs: trial.epochs + 1 });
    return true;
  }

  async finish(result: TrialResult): Promise<Step<TrialRecord>> {
    const { number, attempt, curve, reusedFrom, worker } = result;
    const now = this.moment();
    const epochs = reusedFrom === null ? curve.length : (await this.trial(reusedFrom)).epochs;
    const step = await this.#step(number, transitionOf(result), (trial, next) => {
      if (next.state === 'queued') {
        throw new NascentError(
          'TRIAL_NOT_FINISHED',
          `${this.connection.location}: trial ${number} was told to the strategy after attempt ${attempt}, ` +
            `but its attempt limit ${result.attemptLimit} is not reached: requeue it.`,
        );
      }
      const ranMs = Date.parse(now) - Date.parse(trial.startedAt ?? now);
      return {
        outcome: JSON.stringify(result.outcome),
        reward: result.reward,
        score_split: result.score?.split ?? null,
        score_metric: result.score?.metric ?? null,
        score_value: result.score?.value ?? null,
        parameters: result.parameters,
        facts: JSON.stringify(result.facts),
        reused_from: reusedFrom,
        epochs,
        finished_at: now,
        seconds: Math.max(0, ranMs) / 1000, // a clock that was set back must not make it negative
        worker: worker === null ? null : JSON.stringify(worker),
      };
    });
    if (!step.accepted) return step;
    await this.#dropEpochs(number);
    await this.#addEpochs(number, curve);
    return step;
  }

  async requeue(number: number, why: Requeue): Promise<Step<TrialRecord>> {
    const step = await this.#step(number, why, (_, next) => {
      if (next.state !== 'queued') {
        throw new NascentError(
          'TRIAL_FINISHED',
          `${this.connection.location}: trial ${number} has failed for good: tell it to the strategy.`,
        );
      }
      return { epochs: 0, owner: null, started_at: null };
    });
    if (step.accepted) await this.#dropEpochs(number);
    return step;
  }

  cancel(number: number): Promise<Step<TrialRecord>> {
    return this.#step(number, { kind: 'cancel' }, () => ({ finished_at: this.moment() }));
  }

  async log(kind: string, detail: Readonly<Record<string, unknown>>): Promise<void> {
    const entry = { study_id: this.study, at: this.moment(), kind, detail: JSON.stringify(detail) };
    await this.db.insertInto('events').values(entry).execute();
  }

  /** One step of a trial's life, decided by `trial/life-cycle.ts`; `columns` adds what else changes with it. */
  async #step(
    number: number,
    transition: Transition,
    columns: (trial: TrialRecord, next: LifeCycle) => TrialColumns,
  ): Promise<Step<TrialRecord>> {
    const trial = await this.lockTrial(number);
    const step = advance(trial, transition);
    if (!step.accepted) return step;
    const { state, attempt, childFailures } = step.next;
    await this.#changeTrial(number, {
      ...columns(trial, step.next),
      state,
      attempt,
      child_failures: childFailures,
    });
    return { accepted: true, next: await this.trial(number) };
  }

  /** The trial, its row locked where rows are locked. */
  protected async lockTrial(number: number): Promise<TrialRecord> {
    if (this.connection.rowLocks) {
      await this.db
        .selectFrom('trials')
        .select('number')
        .where('study_id', '=', this.study)
        .where('number', '=', number)
        .forNoKeyUpdate()
        .execute();
    }
    return this.trial(number);
  }

  async #changeTrial(number: number, columns: TrialColumns): Promise<void> {
    await this.db
      .updateTable('trials')
      .set(columns)
      .where('study_id', '=', this.study)
      .where('number', '=', number)
      .execute();
  }

  async #addEpochs(number: number, curve: readonly EpochReport[]): Promise<void> {
    for (let from = 0; from < curve.length; from += rowsAtOnce) {
      const rows = curve.slice(from, from + rowsAtOnce).map((epoch) => epochToRow(this.study, number, epoch));
      await this.db.insertInto('epochs').values(rows).execute();
    }
  }

  async #dropEpochs(number: number): Promise<void> {
    await this.db
      .deleteFrom('epochs')
      .where('study_id', '=', this.study)
      .where('trial', '=', number)
      .execute();
  }
}

export function isSameProcess(a: ProcessIdentity | null, b: ProcessIdentity): boolean {
  return (
    a !== null && a.host === b.host && a.bootId === b.bootId && a.pid === b.pid && a.startTime === b.startTime
  );
}

/** A child that died or threw is counted; any other outcome is an answer that no further attempt would change. */
function transitionOf({ attempt, attemptLimit, outcome }: TrialResult): Transition {
  if (outcome.kind === 'crashed' || outcome.kind === 'error') {
    return { kind: 'child-failed', attempt, attemptLimit };
  }
  return { kind: 'finish', attempt, as: stateOf(outcome) };
}
