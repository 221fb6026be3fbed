import { z } from 'zod';
import { NascentError } from '../errors.ts';
import type { EpochReport, Evaluation, Outcome, Score } from './evaluation.ts';
import type { EvaluatorFacts } from './evaluator.ts';

/** An evaluation, epoch report or score that came over a process or store edge does not have the right shape. */
export class EvaluationInvalidError extends NascentError {
  constructor(where: string, what: string, faults: string) {
    super(
      'EVALUATION_INVALID',
      `${where}: ${what} is not valid. ${faults}. ` +
        'If this comes from your own evaluator, correct what it returns (see the types Evaluation and EpochReport).',
    );
  }
}

const count = z.int().min(0);
const milliseconds = z.number().min(0);

/** JSON writes NaN and ±Infinity as null, and a diverging child's loss is one of them: null is read as NaN. */
const loss = z
  .custom<number | null>((value) => value === null || typeof value === 'number', 'expected a number')
  .transform((value) => value ?? Number.NaN);

const split = z.enum(['validation', 'test', 'benchmark']);

export const scoreSchema: z.ZodType<Score> = z.discriminatedUnion('metric', [
  z.strictObject({ split, metric: z.literal('accuracy'), value: z.number().min(0).max(1) }),
  z.strictObject({ split, metric: z.literal('perplexity'), value: z.number().min(1) }),
]);

export const epochReportSchema: z.ZodType<EpochReport> = z.strictObject({
  epoch: z.int().min(1),
  trainingLoss: loss,
  score: scoreSchema,
  elapsedMs: milliseconds,
});

/** Also crosses the edge to a worker, which is told to stop. */
export const stoppedSchema = z.strictObject({
  kind: z.literal('stopped'),
  epoch: z.int().min(1),
  rule: z.enum(['median', 'asha']),
  detail: z.string(),
});

/** Studies from before there were several measures have `parameters` in the place of `measure` and `value`. */
const tooLarge = z
  .strictObject({
    kind: z.literal('too-large'),
    measure: z.enum(['parameters', 'flops', 'memory']).default('parameters'),
    value: z.number().min(0).optional(),
    parameters: count.optional(),
    limit: z.number().min(0),
  })
  .refine(({ value, parameters }) => (value === undefined) !== (parameters === undefined), {
    path: ['value'],
    error: 'expected what was measured, once',
  })
  .transform(({ kind, measure, value, parameters, limit }) => ({
    kind,
    measure,
    value: value ?? parameters ?? 0,
    limit,
  }));

export const outcomeSchema: z.ZodType<Outcome> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('completed') }),
  z.strictObject({ kind: z.literal('diverged'), epoch: count, detail: z.string() }),
  tooLarge,
  z.strictObject({ kind: z.literal('out-of-memory'), detail: z.string() }),
  z.strictObject({ kind: z.literal('timed-out'), limitMs: milliseconds }),
  stoppedSchema,
]);

export const factsSchema: z.ZodType<Readonly<Record<string, number>>> = z.record(z.string(), z.number());

export const evaluationSchema: z.ZodType<Evaluation> = z.strictObject({
  outcome: outcomeSchema,
  curve: z
    .array(epochReportSchema)
    .refine(
      (curve) => curve.every((point, i) => i === 0 || point.epoch > (curve[i - 1]?.epoch ?? 0)),
      'epochs must rise',
    ),
  parameters: count.nullable(),
  facts: factsSchema,
});

/** What an evaluator says of itself; also how an evaluator of the user's own is recognised. */
export const evaluatorFactsSchema: z.ZodType<EvaluatorFacts> = z.strictObject({
  score: z.strictObject({ split, metric: z.enum(['accuracy', 'perplexity']) }),
  datasetChecksum: z.string().nullable(),
  measures: z.array(z.string()),
});

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const path = issue.path.join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  throw new EvaluationInvalidError(where, what, faults.join('; '));
}

/**
 * @param where names the edge in the error, for example `worker 2, trial 17`
 * @throws EvaluationInvalidError
 */
export function parseEvaluation(value: unknown, where: string): Evaluation {
  return parse(evaluationSchema, value, where, 'evaluation');
}

/** @throws EvaluationInvalidError */
export function parseEpochReport(value: unknown, where: string): EpochReport {
  return parse(epochReportSchema, value, where, 'epoch report');
}
