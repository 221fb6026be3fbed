import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { EpochReport, Score } from '../../evaluation/evaluation.ts';
import { epochReportSchema, factsSchema, outcomeSchema, scoreSchema } from '../../evaluation/parse.ts';
import type { SpaceIdentity } from '../../search-space/sample.ts';
import { trialStates } from '../../trial/life-cycle.ts';
import type { TrialOutcome, TrialRecord } from '../../trial/record.ts';
import { StoreDamagedError } from '../errors.ts';
import type { LogEntry, StudyOwner, StudyRecord, TrialLine } from '../store.ts';
import type { EpochsTable, EventsTable, StudiesTable, TrialsTable } from './tables.ts';

/*
 * Rows become records here and nowhere else: a row may have been written by another version, or by hand.
 */

export const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
});
export const jsonObject = json.pipe(z.record(z.string(), z.unknown()));

const optionValue = z.union([z.number(), z.string(), z.boolean()]);
export const spaceIdentity: z.ZodType<SpaceIdentity> = z.object({
  name: z.string(),
  version: z.number(),
  fingerprint: z.string(),
  options: z.record(z.string(), z.union([optionValue, z.array(optionValue)])),
});

export const processIdentity = z.object({
  host: z.string(),
  bootId: z.string(),
  pid: z.int(),
  startTime: z.string(),
});
export const studyOwner: z.ZodType<StudyOwner> = processIdentity.extend({ since: z.string() });

const trialOutcome: z.ZodType<TrialOutcome> = z.union([
  outcomeSchema,
  z.object({ kind: z.literal('crashed'), detail: z.string() }),
  z.object({ kind: z.literal('error'), message: z.string() }),
]);

const worker = z.object({
  threads: z.number(),
  pid: z.number(),
  overheadMs: z.number(),
  name: z.string().optional(),
  device: z.string().optional(),
});

const studyRow = z
  .object({
    id: z.int(),
    name: z.string(),
    config: json,
    seed: z.int(),
    space: json.pipe(spaceIdentity),
    evaluator_identity: z.string(),
    strategy: z.string(),
    code_version: z.string(),
    dataset_checksum: z.string().nullable(),
    created_at: z.string(),
    owner: json.pipe(studyOwner).nullable(),
  })
  .transform(
    (row): StudyRecord => ({
      id: row.id,
      name: row.name,
      config: row.config,
      seed: row.seed,
      space: row.space,
      evaluatorIdentity: row.evaluator_identity,
      strategy: row.strategy,
      codeVersion: row.code_version,
      datasetChecksum: row.dataset_checksum,
      createdAt: row.created_at,
      owner: row.owner,
    }),
  );

function scoreOf(row: Pick<TrialsTable, 'score_split' | 'score_metric' | 'score_value'>): Score | null {
  if (row.score_value === null) return null;
  return scoreSchema.parse({ split: row.score_split, metric: row.score_metric, value: row.score_value });
}

const trialRow = z
  .object({
    number: z.int(),
    tokens: z.string(),
    architecture: json,
    architecture_key: z.string(),
    seed: z.int(),
    state: z.enum(trialStates),
    attempt: z.int(),
    child_failures: z.int(),
    outcome: json.pipe(trialOutcome).nullable(),
    reward: z.number().nullable(),
    score_split: z.string().nullable(),
    score_metric: z.string().nullable(),
    score_value: z.number().nullable(),
    parameters: z.int().nullable(),
    facts: json.pipe(factsSchema),
    reused_from: z.int().nullable(),
    epochs: z.int(),
    owner: json.pipe(processIdentity).nullable(),
    queued_at: z.string(),
    started_at: z.string().nullable(),
    finished_at: z.string().nullable(),
    seconds: z.number().nullable(),
    worker: json.pipe(worker).nullable(),
  })
  .transform(
    (row): TrialRecord => ({
      number: row.number,
      tokens: row.tokens,
      architecture: row.architecture,
      architectureKey: row.architecture_key,
      seed: row.seed,
      state: row.state,
      attempt: row.attempt,
      childFailures: row.child_failures,
      outcome: row.outcome,
      reward: row.reward,
      score: scoreOf(row),
      parameters: row.parameters,
      facts: row.facts,
      reusedFrom: row.reused_from,
      epochs: row.epochs,
      owner: row.owner,
      queuedAt: row.queued_at,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      seconds: row.seconds,
      worker: row.worker,
    }),
  );

export const trialLineColumns = [
  'number',
  'state',
  'tokens',
  'score_split',
  'score_metric',
  'score_value',
  'reward',
  'parameters',
  'epochs',
  'seconds',
  'reused_from',
] as const;

const trialLineRow = z
  .object({
    number: z.int(),
    state: z.enum(trialStates),
    tokens: z.string(),
    score_split: z.string().nullable(),
    score_metric: z.string().nullable(),
    score_value: z.number().nullable(),
    reward: z.number().nullable(),
    parameters: z.int().nullable(),
    epochs: z.int(),
    seconds: z.number().nullable(),
    reused_from: z.int().nullable(),
  })
  .transform(
    (row): TrialLine => ({
      number: row.number,
      state: row.state,
      tokens: row.tokens,
      score: scoreOf(row),
      reward: row.reward,
      parameters: row.parameters,
      epochs: row.epochs,
      seconds: row.seconds,
      reusedFrom: row.reused_from,
    }),
  );

const eventRow = z
  .object({ id: z.int(), at: z.string(), kind: z.string(), detail: jsonObject })
  .transform((row): LogEntry => row);

/** @throws StoreDamagedError naming `what` */
export function read<T>(schema: z.ZodType<T>, row: unknown, what: string, location: string): T {
  let cause: unknown;
  try {
    const result = schema.safeParse(row);
    if (result.success) return result.data;
    cause = result.error;
  } catch (thrown) {
    cause = thrown; // a score that does not fit its own columns
  }
  const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
  const fault = issue === undefined ? 'unreadable' : `${issue.path.join('.')} ${issue.message}`;
  throw new StoreDamagedError(location, `${what}: ${fault}`, { cause });
}

export function studyFromRow(row: Selectable<StudiesTable>, location: string): StudyRecord {
  return read(studyRow, row, `study ${row.name}`, location);
}

export function trialFromRow(row: Selectable<TrialsTable>, location: string): TrialRecord {
  return read(trialRow, row, `trial ${row.number}`, location);
}

export function trialLineFromRow(
  row: Pick<Selectable<TrialsTable>, (typeof trialLineColumns)[number]>,
  location: string,
): TrialLine {
  return read(trialLineRow, row, `trial ${row.number}`, location);
}

export function epochFromRow(row: Selectable<EpochsTable>, location: string): EpochReport {
  const report = {
    epoch: row.epoch,
    trainingLoss: row.training_loss,
    score: { split: row.score_split, metric: row.score_metric, value: row.score_value },
    elapsedMs: row.elapsed_ms,
  };
  return read(epochReportSchema, report, `trial ${row.trial}, epoch ${row.epoch}`, location);
}

export function epochToRow(study: number, trial: number, epoch: EpochReport): EpochsTable {
  return {
    study_id: study,
    trial,
    epoch: epoch.epoch,
    training_loss: Number.isFinite(epoch.trainingLoss) ? epoch.trainingLoss : null,
    score_split: epoch.score.split,
    score_metric: epoch.score.metric,
    score_value: epoch.score.value,
    elapsed_ms: epoch.elapsedMs,
  };
}

export function logEntryFromRow(row: Selectable<EventsTable>, location: string): LogEntry {
  return read(eventRow, row, `event ${row.id}`, location);
}
