import { z } from 'zod';
import { recipeSchema } from '../../child/recipe.ts';
import { epochReportSchema } from '../../evaluation/parse.ts';
import type { LogEntry } from '../../store/store.ts';

/** Kind of the log entry that says that the final training is done. */
export const FINAL_TRAINED = 'final-trained';

const size = z.int().min(1);
const finishedSchema = z.object({
  /** The grid's run whose recipe it was. */
  run: size,
  recipe: recipeSchema,
  curve: z.array(epochReportSchema).min(1),
  image: z.object({ channels: size, height: size, width: size, classes: size }),
  classNames: z.array(z.string()),
  parameters: size,
  /** Images that it was trained on, and that validated. */
  examples: size,
  validationExamples: size,
  datasetChecksum: z.string(),
  threads: size,
});

/** What is kept of a final training besides its weights: enough for the report. */
export type FinishedTraining = z.output<typeof finishedSchema>;

/** The final training that a log tells of; null where it is not done. */
export function finishedTraining(log: readonly LogEntry[]): FinishedTraining | null {
  const entry = log.find(({ kind }) => kind === FINAL_TRAINED);
  return entry === undefined ? null : finishedSchema.parse(entry.detail);
}
