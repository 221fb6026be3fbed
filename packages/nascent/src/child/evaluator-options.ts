import { z } from 'zod';
import { NascentError } from '../errors.ts';

/** The hint of evaluators whose options no person writes. */
export const RETRAIN_MAKES_THEM =
  'It belongs to the grid search of `nascent retrain`, which makes its options.';

/**
 * Parses the options that a config gives to an evaluator.
 * @param evaluator its name, for errors
 * @param hint a sentence that ends the error
 * @throws NascentError `CONFIG_INVALID`
 */
export function parseEvaluatorOptions<T>(
  evaluator: string,
  schema: z.ZodType<T>,
  options: unknown,
  hint = '',
): T {
  const parsed = schema.safeParse(options ?? {});
  if (parsed.success) return parsed.data;
  throw new NascentError(
    'CONFIG_INVALID',
    `the options of the evaluator ${evaluator} are wrong:\n${z.prettifyError(parsed.error)}${hint && `\n${hint}`}`,
    { cause: parsed.error },
  );
}
