import { z } from 'zod';
import { NascentError } from '../errors.ts';
import type { Evaluation, Metric, Outcome, Score, Split } from '../evaluation/evaluation.ts';
import type { Evaluator, FinalScores } from '../evaluation/evaluator.ts';

/** What an evaluator of a table is told of its surroundings. */
export interface TableSurroundings {
  /** Relative paths in the options start here. */
  readonly configDirectory: string;
}

/** The option that every table has. */
export const tableOption = z
  .string()
  .min(1)
  .optional()
  .describe('the table, or its directory, relative to the config; default: the search path');

/** What a table says of one architecture. */
export interface TableEntry {
  readonly outcome: Outcome;
  /** The search-time score and after which epoch it was taken; null for a child that failed. */
  readonly score: {
    readonly epoch: number;
    readonly value: number;
    /** Natural log; absent where the table has none. */
    readonly trainingLoss?: number;
  } | null;
  /** Trainable parameters. */
  readonly parameters: number;
  readonly facts: Readonly<Record<string, number>>;
}

/** A table as an evaluator: how to look an architecture up. */
export interface TableLookUp {
  readonly score: { readonly split: Split; readonly metric: Metric };
  readonly checksum: string;
  /** @throws InvalidArchitectureError */
  entry(architecture: unknown): TableEntry;
  /** @throws InvalidArchitectureError */
  finals(architecture: unknown): FinalScores;
}

/** The evaluator that looks architectures up in a table; in the process that searches, since it trains nothing. */
export function tableEvaluator({ score, checksum, entry, finals }: TableLookUp): Evaluator & {
  finals(architecture: unknown): FinalScores;
} {
  return {
    score,
    inline: true,
    datasetChecksum: checksum,
    async evaluate(architecture, { report }): Promise<Evaluation> {
      const { outcome, score: found, parameters, facts } = entry(architecture);
      if (found === null) return { outcome, curve: [], parameters, facts };
      const { epoch, value, trainingLoss = Number.NaN } = found;
      // A look-up takes no time; what training took is among the facts, where the table has it.
      const point = { epoch, trainingLoss, score: scoreOf(score, value), elapsedMs: 0 };
      report(point);
      return { outcome, curve: [point], parameters, facts };
    },
    finals,
    dispose() {}, // the garbage collector frees the table
  };
}

/** A score of this split and metric. */
export function scoreOf(
  { split, metric }: { readonly split: Split; readonly metric: Metric },
  value: number,
): Score {
  return { split, metric, value };
}

/**
 * Checks the options of a table's evaluator and fills in their defaults.
 * @throws NascentError `CONFIG_INVALID`
 */
export function parseTableOptions<T>(schema: z.ZodType<T>, options: unknown, evaluator: string): T {
  const parsed = schema.safeParse(options ?? {});
  if (parsed.success) return parsed.data;
  throw new NascentError(
    'CONFIG_INVALID',
    `the options of the evaluator ${evaluator} are wrong:\n${z.prettifyError(parsed.error)}`,
    { cause: parsed.error },
  );
}
