import { z } from 'zod';
import { type TrialState, trialStates } from '../../trial/life-cycle.ts';
import type { SqlConnection } from './connection.ts';
import { databaseMs } from './database-clock.ts';

/** How far a study is, counted by the database: so it is quick, however many trials there are. */
export interface StudyProgress {
  readonly trials: Readonly<Record<TrialState, number>>;
  /** How many trials have finished in the last so many minutes, for each that was asked for. */
  readonly finished: readonly { readonly minutes: number; readonly count: number }[];
  /** The latest trials that have failed, latest first. */
  readonly failed: readonly number[];
  /** ISO 8601, UTC, by the database's clock: when this was read. */
  readonly at: string;
}

const state = z.enum(trialStates);
const latestFailed = 3;

/** Reads a study's progress. Rejects with the store's errors. */
export async function readStudyProgress(
  connection: SqlConnection,
  study: number,
  minutes: readonly number[],
): Promise<StudyProgress> {
  try {
    return await read(connection, study, minutes);
  } catch (thrown) {
    throw connection.translate(thrown);
  }
}

async function read(
  connection: SqlConnection,
  study: number,
  minutes: readonly number[],
): Promise<StudyProgress> {
  const { db } = connection;
  const { now_ms } = await db
    .selectFrom('studies')
    .select(databaseMs(connection).as('now_ms'))
    .where('id', '=', study)
    .executeTakeFirstOrThrow();
  const states = await db
    .selectFrom('trials')
    .select('state')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('study_id', '=', study)
    .groupBy('state')
    .execute();
  const trials: Record<TrialState, number> = {
    queued: 0,
    running: 0,
    completed: 0,
    stopped: 0,
    diverged: 0,
    failed: 0,
    cancelled: 0,
  };
  for (const row of states) trials[state.parse(row.state)] = Number(row.count);
  const finished: { minutes: number; count: number }[] = [];
  for (const span of minutes) {
    const since = new Date(now_ms - span * 60_000).toISOString();
    const { count } = await db
      .selectFrom('trials')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('study_id', '=', study)
      .where('finished_at', '>=', since) // moments are texts of one form, so that they compare as such
      .executeTakeFirstOrThrow();
    finished.push({ minutes: span, count: Number(count) });
  }
  const failed = await db
    .selectFrom('trials')
    .select('number')
    .where('study_id', '=', study)
    .where('state', '=', 'failed')
    .orderBy('finished_at', 'desc')
    .limit(latestFailed)
    .execute();
  return { trials, finished, failed: failed.map(({ number }) => number), at: new Date(now_ms).toISOString() };
}
