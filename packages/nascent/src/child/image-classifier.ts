import { resolve } from 'node:path';
import { setThreads, TorchError } from '@nascent/torch';
import { z } from 'zod';
import {
  channelStatistics,
  datasetNames,
  exampleCount,
  loadTrainingImages,
  splitExamples,
  type TrainValidationSplit,
} from '../dataset/index.ts';
import { NascentError } from '../errors.ts';
import type { EpochReport, Evaluation, Outcome } from '../evaluation/evaluation.ts';
import type { EvaluationContext, Evaluator } from '../evaluation/evaluator.ts';
import {
  type ConvolutionalArchitecture,
  convolutionalFlops,
  convolutionalParameters,
  parseConvolutionalArchitecture,
} from '../search-space/index.ts';
import { ConvolutionalNetwork } from './convolutional-network.ts';
import { ImageTensors } from './image-tensors.ts';
import { recipeSchema } from './recipe.ts';
import { trainClassifier } from './train-classifier.ts';

const size = z.number().positive().describe('a count, or a fraction of all training images');

/** Options of the evaluator `image-classifier`. */
export const imageClassifierSchema = recipeSchema.extend({
  dataset: z
    .strictObject({
      name: z.enum(datasetNames).default('cifar10'),
      path: z
        .string()
        .optional()
        .describe('directory with the files, relative to the config; default: the search path'),
      trainExamples: size.optional().describe('default: all that validation leaves'),
      validationExamples: size.default(0.1),
      splitSeed: z.int().default(0),
      stratified: z.boolean().default(false).describe('the same share of each class in both parts'),
    })
    .prefault({}),
  maxParameters: z.int().min(1).optional().describe('children with more are refused before training'),
  secondsPerChild: z.number().positive().optional().describe('wall-clock limit of one training'),
});

export type ImageClassifierOptions = z.input<typeof imageClassifierSchema>;
type Options = z.output<typeof imageClassifierSchema>;

export interface EvaluatorEnvironment {
  /** Engine threads of this process. */
  readonly threads: number;
  /** Relative paths in the options start here. */
  readonly configDirectory: string;
}

function parseOptions(options: unknown): Options {
  const parsed = imageClassifierSchema.safeParse(options ?? {});
  if (parsed.success) return parsed.data;
  throw new NascentError(
    'CONFIG_INVALID',
    `the options of the evaluator image-classifier are wrong:\n${z.prettifyError(parsed.error)}`,
    { cause: parsed.error },
  );
}

/**
 * The evaluator that trains a child network on images and scores it by validation accuracy. Loads the data
 * once; test images are never read.
 * @throws NascentError for wrong options; DatasetError for missing or damaged files
 */
export async function createEvaluator(
  options: unknown,
  { threads, configDirectory }: EvaluatorEnvironment,
): Promise<Evaluator<unknown>> {
  const parsed = parseOptions(options);
  const { name, path, trainExamples, validationExamples, splitSeed, stratified } = parsed.dataset;
  const images = await loadTrainingImages(name, {
    path: path === undefined ? undefined : resolve(configDirectory, path),
  });
  const split = splitExamples(exampleCount(images), {
    seed: splitSeed,
    train: trainExamples,
    validation: validationExamples,
    labels: stratified ? images.labels : undefined,
  });
  setThreads(threads);
  const statistics = channelStatistics(images, split.train);
  return new ImageClassifier(parsed, new ImageTensors(images, { statistics }), split, images.checksum);
}

export default createEvaluator;

class ImageClassifier implements Evaluator<unknown> {
  readonly score = { split: 'validation', metric: 'accuracy' } as const;
  readonly inline = false;
  readonly datasetChecksum: string;
  readonly #options: Options;
  readonly #data: ImageTensors;
  readonly #split: TrainValidationSplit;

  constructor(options: Options, data: ImageTensors, split: TrainValidationSplit, datasetChecksum: string) {
    this.datasetChecksum = datasetChecksum;
    this.#options = options;
    this.#data = data;
    this.#split = split;
  }

  async evaluate(architecture: unknown, context: EvaluationContext): Promise<Evaluation> {
    const child = parseConvolutionalArchitecture(architecture);
    const { channels, classes, height, width } = this.#data;
    const parameters = convolutionalParameters(child, { inputChannels: channels, classes });
    const flops = convolutionalFlops(child, { channels, classes, height, width });
    // What a drawing of the child needs to know of its input.
    const facts = { flops, inputHeight: height, inputWidth: width, inputChannels: channels, classes };
    const limit = this.#options.maxParameters;
    if (limit !== undefined && parameters > limit) {
      return {
        outcome: { kind: 'too-large', parameters, limit },
        curve: [],
        parameters: null,
        facts,
      };
    }
    const started = performance.now();
    const curve: EpochReport[] = [];
    const finish = (outcome: Outcome): Evaluation => ({
      outcome,
      curve,
      parameters,
      facts: { ...facts, trainingSeconds: (performance.now() - started) / 1000 },
    });
    const report = (epoch: EpochReport): void => {
      curve.push(epoch);
      context.report(epoch);
    };
    try {
      return finish(await this.#train(child, { ...context, report }));
    } catch (error) {
      if (error instanceof TorchError && error.code === 'OUT_OF_MEMORY')
        return finish({ kind: 'out-of-memory', detail: error.message });
      throw error;
    }
  }

  async #train(
    child: ConvolutionalArchitecture,
    { seed, report, signal }: EvaluationContext,
  ): Promise<Outcome> {
    const { channels, classes } = this.#data;
    const { secondsPerChild } = this.#options;
    const network = new ConvolutionalNetwork(child, { channels, classes }, { seed });
    try {
      const limitMs = secondsPerChild === undefined ? null : secondsPerChild * 1000;
      const data = { data: this.#data, ...this.#split };
      return await trainClassifier(network, data, this.#options, { seed, signal, limitMs, report });
    } finally {
      network.dispose();
    }
  }

  dispose(): void {
    this.#data.dispose();
  }
}
