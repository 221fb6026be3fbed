/**
 * What a pool and its worker processes say to each other, over Node's IPC channel with structured clones
 * (`serialization: 'advanced'`). Each side parses what it receives; a trial's number and attempt travel with
 * every message about a job, so that a late word of an old job is recognised.
 */
import { z } from 'zod';
import {
  epochReportSchema,
  evaluationSchema,
  evaluatorFactsSchema,
  stoppedSchema,
} from '../evaluation/parse.ts';
import type { ModuleReference } from '../study/module-reference.ts';

const found = { use: z.string(), path: z.string(), contentHash: z.string() };
/** A module as it crosses a process edge. */
export const moduleSchema: z.ZodType<ModuleReference> = z.discriminatedUnion('origin', [
  z.strictObject({ origin: z.literal('built-in'), use: z.string() }),
  z.strictObject({ origin: z.literal('file'), ...found }),
  z.strictObject({ origin: z.literal('package'), ...found }),
]);

const job = { trial: z.int().min(0), attempt: z.int().min(1) };

/** Pool → worker. */
export const orderSchema = z.discriminatedUnion('kind', [
  /** The first message: load the evaluator (and with it engine and data), once. */
  z.strictObject({
    kind: z.literal('open'),
    evaluator: z.strictObject({ module: moduleSchema, options: z.unknown() }),
    configDirectory: z.string(),
    memoryMiB: z.number().nullable(),
    threads: z.int().min(1),
    device: z.string().min(1).optional(),
    checkpointDirectory: z.string().min(1).optional(),
  }),
  z.strictObject({ kind: z.literal('evaluate'), ...job, seed: z.int().min(0), architecture: z.unknown() }),
  /** Abort the job's signal. `out-of-time` says that the trial's time limit is the reason. */
  z.strictObject({ kind: z.literal('abort'), ...job, reason: z.enum(['cancelled', 'out-of-time']) }),
  /** Abort the job's signal: the study has stopped the child early. */
  z.strictObject({ kind: z.literal('stop'), ...job, outcome: stoppedSchema }),
  /** Free everything and exit. */
  z.strictObject({ kind: z.literal('close') }),
]);
export type Order = z.infer<typeof orderSchema>;

/** Worker → pool. */
export const wordSchema = z.discriminatedUnion('kind', [
  /** The evaluator is loaded; jobs may come. */
  z.strictObject({ kind: z.literal('opened'), facts: evaluatorFactsSchema }),
  /** The evaluator cannot be loaded; the worker exits. */
  z.strictObject({ kind: z.literal('refused'), code: z.string(), message: z.string() }),
  /** The evaluator is about to be called: from now on the job's fate is the child's own. */
  z.strictObject({ kind: z.literal('begun'), ...job }),
  z.strictObject({ kind: z.literal('epoch'), ...job, report: epochReportSchema }),
  /** `evaluatorMs`: the time between the evaluator's call and its result, without messages and parsing. */
  z.strictObject({
    kind: z.literal('evaluated'),
    ...job,
    evaluation: evaluationSchema,
    evaluatorMs: z.number().min(0),
  }),
  z.strictObject({ kind: z.literal('threw'), ...job, message: z.string() }),
]);
export type Word = z.infer<typeof wordSchema>;
