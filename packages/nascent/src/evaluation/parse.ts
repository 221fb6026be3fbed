import { z } from 'zod';
import { NascentError } from '../errors.ts';
import type { EpochReport, Evaluation, Outcome, Score } from './evaluation.ts';

/** What an evaluator returned or reported is not what its contract says. */
export class EvaluationInvalidError extends NascentError {
  constructor(what: string, faults: string) {
    super(
      'EVALUATION_INVALID',
      `${what} does not follow the evaluator's contract:\n${faults}\n` +
        'Mend the evaluator. Numbers must be finite: a child whose loss is not has the outcome "diverged", ' +
        'and its curve ends with the epoch before.',
    );
  }
}

const count = z.int().min(0);
const milliseconds = z.number().min(0);

/** @see Score; refuses an accuracy outside [0, 1] and a perplexity below 1. */
export const scoreSchema: z.ZodType<Score> = z
  .strictObject({
    split: z.enum(['validation', 'test', 'benchmark']),
    metric: z.enum(['accuracy', 'perplexity']),
    value: z.number(),
  })
  .superRefine((score, context) => {
    const fault =
      score.metric === 'accuracy'
        ? (score.value < 0 || score.value > 1) && 'an accuracy is a fraction from 0 to 1 (not percent)'
        : score.value < 1 && 'a perplexity is at least 1';
    if (fault) context.addIssue({ code: 'custom', path: ['value'], message: `${score.value}: ${fault}` });
  });

/** @see EpochReport */
export const epochReportSchema: z.ZodType<EpochReport> = z.strictObject({
  epoch: z.int().min(1),
  trainingLoss: z.number(),
  score: scoreSchema,
  elapsedMs: milliseconds,
});

/** @see Outcome */
export const outcomeSchema: z.ZodType<Outcome> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('completed') }),
  z.strictObject({ kind: z.literal('diverged'), epoch: count, detail: z.string() }),
  z.strictObject({ kind: z.literal('too-large'), parameters: count, limit: count }),
  z.strictObject({ kind: z.literal('out-of-memory'), detail: z.string() }),
  z.strictObject({ kind: z.literal('timed-out'), limitMs: milliseconds }),
]);

/** @see Evaluation */
export const evaluationSchema: z.ZodType<Evaluation> = z.strictObject({
  outcome: outcomeSchema,
  curve: z.array(epochReportSchema),
  parameters: count.nullable(),
  facts: z.record(z.string(), z.number()),
});

/** @throws EvaluationInvalidError naming every fault with its path */
export function parseEvaluation(value: unknown): Evaluation {
  const parsed = evaluationSchema.safeParse(value);
  if (!parsed.success)
    throw new EvaluationInvalidError('what the evaluator returned', z.prettifyError(parsed.error));
  return parsed.data;
}

/** @throws EvaluationInvalidError naming every fault with its path */
export function parseEpochReport(value: unknown): EpochReport {
  const parsed = epochReportSchema.safeParse(value);
  if (!parsed.success) throw new EvaluationInvalidError('an epoch report', z.prettifyError(parsed.error));
  return parsed.data;
}
