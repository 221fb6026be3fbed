import type { Kysely } from 'kysely';
import type { EpochReport } from '../../evaluation/evaluation.ts';
import type { TrialState } from '../../trial/life-cycle.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { TrialNotFoundError } from '../errors.ts';
import type { LogEntry, StrategyState, TrialLine, TrialPage } from '../store.ts';
import type { SqlConnection } from './connection.ts';
import { epochFromRow, logEntryFromRow, trialFromRow, trialLineColumns, trialLineFromRow } from './rows.ts';
import type { Tables } from './tables.ts';

/** Reads the rows of one study, inside a transaction or outside. */
export class StudyRows<Db extends Kysely<Tables> = Kysely<Tables>> {
  readonly db: Db;
  protected readonly study: number;
  protected readonly connection: SqlConnection;

  constructor(db: Db, study: number, connection: SqlConnection) {
    this.db = db;
    this.study = study;
    this.connection = connection;
  }

  async strategyState(): Promise<StrategyState | null> {
    const row = await this.db
      .selectFrom('strategy_state')
      .select(['bytes', 'revision'])
      .where('study_id', '=', this.study)
      .executeTakeFirst();
    return row === undefined ? null : { bytes: Uint8Array.from(row.bytes), revision: row.revision };
  }

  async trials(filter: {
    readonly states?: readonly TrialState[];
    readonly top?: number;
    readonly page?: TrialPage;
  }): Promise<readonly TrialRecord[]> {
    let query = this.db.selectFrom('trials').selectAll().where('study_id', '=', this.study);
    if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
    if (filter.top !== undefined) {
      query = query.where('reward', 'is not', null).orderBy('reward', 'desc').limit(filter.top);
    }
    if (filter.page !== undefined) {
      query = query.where('number', '>', filter.page.after).limit(filter.page.atMost);
    }
    const rows = await query.orderBy('number').execute();
    return rows.map((row) => trialFromRow(row, this.connection.location));
  }

  async trialLines({ after, atMost }: TrialPage): Promise<readonly TrialLine[]> {
    const rows = await this.db
      .selectFrom('trials')
      .select([...trialLineColumns])
      .where('study_id', '=', this.study)
      .where('number', '>', after)
      .orderBy('number')
      .limit(atMost)
      .execute();
    return rows.map((row) => trialLineFromRow(row, this.connection.location));
  }

  async trial(number: number): Promise<TrialRecord> {
    const row = await this.db
      .selectFrom('trials')
      .selectAll()
      .where('study_id', '=', this.study)
      .where('number', '=', number)
      .executeTakeFirst();
    if (row !== undefined) return trialFromRow(row, this.connection.location);
    throw new TrialNotFoundError(this.connection.location, number, await this.trialCount());
  }

  async trialCount(): Promise<number> {
    const { last } = await this.db
      .selectFrom('trials')
      .select((select) => select.fn.max('number').as('last'))
      .where('study_id', '=', this.study)
      .executeTakeFirstOrThrow();
    return last ?? 0; // no rows, no maximum
  }

  async completedTwin(architectureKey: string): Promise<TrialRecord | null> {
    const row = await this.db
      .selectFrom('trials')
      .selectAll()
      .where('study_id', '=', this.study)
      .where('architecture_key', '=', architectureKey)
      .where('state', '=', 'completed')
      .where('reused_from', 'is', null)
      .orderBy('number')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : trialFromRow(row, this.connection.location);
  }

  async curve(number: number): Promise<readonly EpochReport[]> {
    const { reusedFrom } = await this.trial(number);
    const rows = await this.db
      .selectFrom('epochs')
      .selectAll()
      .where('study_id', '=', this.study)
      .where('trial', '=', reusedFrom ?? number)
      .orderBy('epoch')
      .execute();
    return rows.map((row) => epochFromRow(row, this.connection.location));
  }

  async logEntries(): Promise<readonly LogEntry[]> {
    const rows = await this.db
      .selectFrom('events')
      .selectAll()
      .where('study_id', '=', this.study)
      .orderBy('id')
      .execute();
    return rows.map((row) => logEntryFromRow(row, this.connection.location));
  }
}
