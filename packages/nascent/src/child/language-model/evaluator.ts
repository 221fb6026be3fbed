import { type Device, setThreads } from '@nascent/torch';
import { z } from 'zod';
import { loadTrainingText, type TextDataset, textOptionsSchema } from '../../dataset/index.ts';
import type { Evaluation, Outcome } from '../../evaluation/evaluation.ts';
import type { EvaluationContext, Evaluator } from '../../evaluation/evaluator.ts';
import {
  hiddenSizeFor,
  type LanguageModelShape,
  languageModelParameters,
  parseRecurrentArchitecture,
  type RecurrentArchitecture,
} from '../../search-space/index.ts';
import { trainingDevice } from '../device.ts';
import { evaluateTraining } from '../evaluate-training.ts';
import { parseEvaluatorOptions } from '../evaluator-options.ts';
import type { EvaluatorEnvironment } from '../image-classifier.ts';
import { trainResumably } from '../resumable-training.ts';
import { LanguageModel } from './language-model.ts';
import { type LanguageModelRecipe, languageModelRecipeSchema } from './recipe.ts';
import { rowsOf } from './text-columns.ts';
import { trainLanguageModel } from './train-language-model.ts';

/** What a cell is built into: options of the model's shape. */
export const modelSchema = z.strictObject({
  layers: z.int().min(1).default(2).describe('recurrent layers, each of the same cell'),
  hidden: z.int().min(1).optional().describe('width of layers and embedding; or give parameters'),
  parameters: z
    .int()
    .min(1)
    .optional()
    .describe('the width is the largest whose model has at most so many parameters'),
  tied: z.boolean().default(false).describe("whether the softmax has the embedding's table"),
});

/** Options of the evaluator `language-model`. */
export const languageModelSchema = languageModelRecipeSchema
  .extend({
    dataset: textOptionsSchema,
    model: modelSchema.prefault({}),
    maxParameters: z.int().min(1).optional().describe('a model of more parameters is refused, untrained'),
    secondsPerChild: z.number().positive().optional().describe('wall-clock limit of one training'),
  })
  .superRefine(({ model }, context) => {
    if ((model.hidden === undefined) !== (model.parameters === undefined)) return;
    context.addIssue({
      code: 'custom',
      path: ['model'],
      message: 'give one of hidden (a width) and parameters (a budget)',
    });
  });

export type LanguageModelOptions = z.input<typeof languageModelSchema>;
type Options = z.output<typeof languageModelSchema>;

/** The shape of the model that these options make of a cell. @throws NascentError where the budget is too small */
export function shapeOf(
  { layers, hidden, parameters, tied }: Options['model'],
  cell: RecurrentArchitecture,
  vocabulary: number,
): LanguageModelShape {
  const rest = { vocabulary, layers, tied };
  return { ...rest, hidden: hidden ?? hiddenSizeFor(cell, parameters ?? 0, rest) };
}

/**
 * The evaluator that builds a cell into a language model, trains it and scores it by validation perplexity. Loads the
 * text once; test text is never read.
 * @throws NascentError for wrong options, for a text too short for them, for a device that is not there; DatasetError
 * for missing or damaged files
 */
export async function createEvaluator(
  options: unknown,
  { threads, configDirectory, device: wanted, checkpointDirectory }: EvaluatorEnvironment,
): Promise<LanguageModelEvaluator> {
  const parsed = parseEvaluatorOptions('language-model', languageModelSchema, options);
  const device = trainingDevice(wanted);
  const text = await loadTrainingText(parsed.dataset, { configDirectory });
  rowsOf(text.train, parsed.batchSize, parsed.steps); // says now that it is too short, not at the first child
  setThreads(threads);
  return new LanguageModelEvaluator(parsed, text, { device, checkpoints: checkpointDirectory ?? null });
}

export default createEvaluator;

interface TrainingPlace {
  readonly device: Device;
  /** Where checkpoints of children in training lie; null: none are written. */
  readonly checkpoints: string | null;
}

/** Made by `createEvaluator`. */
export class LanguageModelEvaluator implements Evaluator<unknown> {
  readonly score = { split: 'validation', metric: 'perplexity' } as const;
  readonly inline = false;
  readonly datasetChecksum: string;
  readonly #options: Options;
  readonly #text: TextDataset;
  readonly #place: TrainingPlace;

  constructor(options: Options, text: TextDataset, place: TrainingPlace) {
    this.datasetChecksum = text.checksum;
    this.#options = options;
    this.#text = text;
    this.#place = place;
  }

  /** The same, with another recipe. */
  withRecipe(changes: Partial<LanguageModelRecipe>): LanguageModelEvaluator {
    return new LanguageModelEvaluator({ ...this.#options, ...changes }, this.#text, this.#place);
  }

  async evaluate(architecture: unknown, context: EvaluationContext): Promise<Evaluation> {
    const cell = parseRecurrentArchitecture(architecture);
    const shape = shapeOf(this.#options.model, cell, this.#text.vocabulary.words.length);
    const parameters = languageModelParameters(cell, shape);
    const { vocabulary, hidden, layers } = shape;
    const facts = { vocabulary, hidden, layers, tied: shape.tied ? 1 : 0 };
    const { maxParameters: limit } = this.#options;
    if (limit !== undefined && parameters > limit) {
      const outcome = { kind: 'too-large', measure: 'parameters', value: parameters, limit } as const;
      return { outcome, curve: [], parameters: null, facts };
    }
    return evaluateTraining(context, { parameters, facts }, (reporting) =>
      this.#train(cell, shape, reporting),
    );
  }

  async #train(
    cell: RecurrentArchitecture,
    shape: LanguageModelShape,
    context: EvaluationContext,
  ): Promise<Outcome> {
    const { seed, signal } = context;
    const { secondsPerChild, initialisation } = this.#options;
    const { device, checkpoints: directory } = this.#place;
    const model = new LanguageModel(cell, shape, { seed, initialisation, device });
    try {
      const limitMs = secondsPerChild === undefined ? null : secondsPerChild * 1000;
      const { datasetChecksum } = this;
      const identity = { architecture: cell, seed, options: { ...this.#options }, datasetChecksum };
      return await trainResumably({ network: model, identity, directory }, context, (resumed) =>
        trainLanguageModel(model, this.#text, this.#options, { seed, signal, limitMs, ...resumed }),
      );
    } finally {
      model.dispose();
    }
  }

  /** The text is plain memory: nothing to free. */
  dispose(): void {}
}
