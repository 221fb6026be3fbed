import { z } from 'zod';
import { languageModelRecipeSchema } from '../../child/language-model/recipe.ts';
import { recipeSchema } from '../../child/recipe.ts';
import { vocabularySchema } from '../../dataset/index.ts';
import { epochReportSchema } from '../../evaluation/parse.ts';
import type { LogEntry } from '../../store/store.ts';

/** Kind of the log entry that says that the final training is done. */
export const FINAL_TRAINED = 'final-trained';

const size = z.int().min(1);
const common = {
  /** The grid's run whose recipe it was. */
  run: size,
  curve: z.array(epochReportSchema).min(1),
  parameters: size,
  /** SHA-256 (hex) of the data that it was trained on. */
  datasetChecksum: z.string(),
  /** Engine threads. */
  threads: size,
};

const classifierSchema = z.object({
  kind: z.literal('classifier').default('classifier'), // the first releases knew no other and did not say
  ...common,
  recipe: recipeSchema,
  image: z.object({ channels: size, height: size, width: size, classes: size }),
  classNames: z.array(z.string()),
  /** Images that it was trained on, and that validated. */
  examples: size,
  validationExamples: size,
});

const languageModelSchema = z.object({
  kind: z.literal('language-model'),
  ...common,
  recipe: languageModelRecipeSchema,
  shape: z.object({ vocabulary: size, hidden: size, layers: size, tied: z.boolean() }),
  /** What one token is. */
  level: vocabularySchema.shape.level,
  /** Name of the text. */
  dataset: z.string(),
  /** Words (or characters) that it was trained on, and that validated. */
  words: size,
  validationWords: size,
  /** What the trained model wrote. */
  samples: z.array(
    z.object({ seed: z.int(), temperature: z.number(), prompt: z.string(), text: z.string() }),
  ),
});

const finishedSchema = z.union([languageModelSchema, classifierSchema]);

export type FinishedClassifier = z.output<typeof classifierSchema>;
export type FinishedLanguageModel = z.output<typeof languageModelSchema>;

/** What is kept of a final training besides its weights: enough for the report. */
export type FinishedTraining = FinishedClassifier | FinishedLanguageModel;

export type ClassifierFacts = Omit<FinishedClassifier, 'run' | 'curve'>;
export type LanguageModelTrainingFacts = Omit<FinishedLanguageModel, 'run' | 'curve' | 'samples'>;

/** What is known of a final training before it begins. */
export type TrainingFacts = ClassifierFacts | LanguageModelTrainingFacts;

/** The final training that a log tells of; null where it is not done. */
export function finishedTraining(log: readonly LogEntry[]): FinishedTraining | null {
  const entry = log.find(({ kind }) => kind === FINAL_TRAINED);
  return entry === undefined ? null : finishedSchema.parse(entry.detail);
}
