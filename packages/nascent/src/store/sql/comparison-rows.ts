import { gunzipSync, gzipSync } from 'node:zlib';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import { messageOf } from '../../errors.ts';
import { evaluationSchema } from '../../evaluation/parse.ts';
import { parseSearchRun } from '../../trial/parse-search-run.ts';
import type { SearchRun } from '../../trial/search-run.ts';
import type {
  ComparisonRecord,
  EvaluationResult,
  FinalSplits,
  FinishedRun,
  SharedEvaluation,
} from '../comparison-store.ts';
import { StoreDamagedError } from '../errors.ts';
import type { LogEntry } from '../store.ts';
import { json, jsonObject, read, spaceIdentity, studyOwner } from './rows.ts';
import type { ComparisonEventsTable, ComparisonsTable, EvaluationsTable, RunsTable } from './tables.ts';

/*
 * Rows of a comparison become records here and nowhere else, as `rows.ts` does it for those of a study.
 */

const comparisonRow = z
  .object({
    config: json,
    space: json.pipe(spaceIdentity),
    evaluator_identity: z.string(),
    code_version: z.string(),
    dataset_checksum: z.string().nullable(),
    created_at: z.string(),
    owner: json.pipe(studyOwner).nullable(),
  })
  .transform(
    (row): ComparisonRecord => ({
      config: row.config,
      space: row.space,
      evaluatorIdentity: row.evaluator_identity,
      codeVersion: row.code_version,
      datasetChecksum: row.dataset_checksum,
      createdAt: row.created_at,
      owner: row.owner,
    }),
  );

const split = z.enum(['validation', 'test', 'benchmark']).nullable();
const finalSplits: z.ZodType<FinalSplits> = z.object({ validation: split, test: split });

const runRow = z.object({
  identity: z.string(),
  code_version: z.string(),
  clock: z.enum(['simulated', 'measured']),
  finals: json.pipe(finalSplits).nullable(),
});

const evaluationResult: z.ZodType<EvaluationResult> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('evaluated'), evaluation: evaluationSchema }),
  z.object({ kind: z.literal('failed'), outcome: z.enum(['crashed', 'error']), detail: z.string() }),
]);
const evaluationRow = z
  .object({ result: json.pipe(evaluationResult), seconds: z.number().min(0) })
  .transform((row): SharedEvaluation => row);

const eventRow = z
  .object({ id: z.int(), at: z.string(), kind: z.string(), detail: jsonObject })
  .transform((row): LogEntry => row);

export function comparisonFromRow(row: Selectable<ComparisonsTable>, location: string): ComparisonRecord {
  return read(comparisonRow, row, 'the comparison', location);
}

export function runFromRow(row: Selectable<RunsTable>, location: string): FinishedRun {
  const what = `the run of ${row.strategy} with seed ${row.seed}`;
  const { identity, code_version, clock, finals } = read(runRow, row, what, location);
  return {
    run: unpacked(row.record, what, location),
    strategy: identity,
    codeVersion: code_version,
    clock,
    finals,
  };
}

export function evaluationFromRow(row: Selectable<EvaluationsTable>, location: string): SharedEvaluation {
  const what = `the evaluation of architecture ${row.architecture_key.slice(0, 12)}, replicate ${row.replicate}`;
  return read(evaluationRow, row, what, location);
}

export function comparisonEventFromRow(row: Selectable<ComparisonEventsTable>, location: string): LogEntry {
  return read(eventRow, row, `event ${row.id} of the comparison`, location);
}

/** A run as it is stored: token strings of one run resemble each other, so that gzip saves most of them. */
export function packed(run: SearchRun): Buffer {
  return gzipSync(JSON.stringify(run));
}

function unpacked(record: Uint8Array, what: string, location: string): SearchRun {
  try {
    return parseSearchRun(JSON.parse(gunzipSync(record).toString()), what);
  } catch (cause) {
    throw new StoreDamagedError(location, `${what}: ${messageOf(cause)}`, { cause });
  }
}
