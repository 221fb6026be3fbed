import { z } from 'zod';
import { NascentError } from '../errors.ts';
import type { SearchRun } from './search-run.ts';

/** A run that came over a process or store edge does not have the right shape. */
export class SearchRunInvalidError extends NascentError {
  constructor(where: string, faults: string) {
    super('SEARCH_RUN_INVALID', `${where}: this is not a run of a comparison. ${faults}`);
  }
}

const finiteOrNull = z.array(z.number().nullable());

export const searchRunSchema: z.ZodType<SearchRun> = z.strictObject({
  strategy: z.string().min(1),
  seed: z.int().min(0),
  trials: z
    .strictObject({
      tokens: z.array(z.string()),
      architecture: z.array(z.string()),
      reward: z.array(z.number()),
      score: finiteOrNull,
      seconds: z.array(z.number().min(0)),
      repeat: z.array(z.boolean()),
      finalValidation: finiteOrNull,
      finalTest: finiteOrNull,
    })
    .refine(
      (columns) => new Set(Object.values(columns).map((column) => column.length)).size === 1,
      'the columns of the trials differ in length',
    ),
  policy: z.strictObject({
    updates: z.int().min(0),
    entropy: z.number().nullable(),
    kl: z.number().nullable(),
    note: z.string().nullable(),
  }),
  strategyMs: z.number().min(0),
});

/**
 * @param where names the edge in the error, for example `worker 2`
 * @throws SearchRunInvalidError
 */
export function parseSearchRun(value: unknown, where: string): SearchRun {
  const parsed = searchRunSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SearchRunInvalidError(where, z.prettifyError(parsed.error));
}
