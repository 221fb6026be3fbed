import { setImmediate as eventLoop } from 'node:timers/promises';
import { setThreads } from '@nascent/torch';
import { z } from 'zod';
import { measurePreprocessing, type TrainValidationSplit } from '../dataset/index.ts';
import { type Evaluation, LATENCY_FACT, type Outcome } from '../evaluation/evaluation.ts';
import type { EvaluationContext, Evaluator } from '../evaluation/evaluator.ts';
import { type NetworkPlan, parseConvolutionalArchitecture, planNetwork } from '../search-space/index.ts';
import { augmentationOf, enlargedSize } from './augmentation.ts';
import { trainingDevice } from './device.ts';
import { evaluateTraining } from './evaluate-training.ts';
import { parseEvaluatorOptions } from './evaluator-options.ts';
import { ImageTensors } from './image-tensors.ts';
import { latencyOptionsSchema, measureLatency } from './latency.ts';
import { predictResidentGrowth, predictTrainingBytes } from './memory.ts';
import { ConvolutionalNetwork } from './network/convolutional-network.ts';
import { type Recipe, recipeSchema } from './recipe.ts';
import { trainResumably } from './resumable-training.ts';
import { machineMiB, overLimit, sizeLimitsShape } from './size-limits.ts';
import { trainClassifier } from './train-classifier.ts';
import { datasetOptionsSchema, openTrainingImages } from './training-images.ts';

/** Options of the evaluator `image-classifier`. */
export const imageClassifierSchema = recipeSchema.extend({
  dataset: datasetOptionsSchema.prefault({}),
  ...sizeLimitsShape,
  latency: latencyOptionsSchema.optional(),
  secondsPerChild: z.number().positive().optional().describe('wall-clock limit of one training'),
});

export type ImageClassifierOptions = z.input<typeof imageClassifierSchema>;
type Options = z.output<typeof imageClassifierSchema>;

export interface EvaluatorEnvironment {
  /** Engine threads of this process. */
  readonly threads: number;
  /** Relative paths in the options start here. */
  readonly configDirectory: string;
  /** Resident memory that this process may hold, in MiB; null or absent for no other limit than the machine's. */
  readonly memoryMiB?: number | null;
  /** Where children are trained, see `trainingDevice`; absent: on the CPU. */
  readonly device?: string;
  /** Where checkpoints of children in training lie, seen by every machine of a study; absent: none are written. */
  readonly checkpointDirectory?: string;
}

/**
 * The evaluator that trains a child network on images and scores it by validation accuracy. Loads the data
 * once; test images are never read.
 * @throws NascentError for wrong options and for a device that is not there; DatasetError for missing or damaged files
 */
export async function createEvaluator(
  options: unknown,
  { threads, configDirectory, memoryMiB, device: wanted, checkpointDirectory }: EvaluatorEnvironment,
): Promise<ImageClassifier> {
  const parsed = parseEvaluatorOptions('image-classifier', imageClassifierSchema, options);
  const device = trainingDevice(wanted);
  const { images, split } = await openTrainingImages(parsed.dataset, configDirectory);
  setThreads(threads);
  const augmentation = augmentationOf(parsed, images.name);
  enlargedSize(augmentation, images); // says now that it does not fit, not at the first child
  const preprocessing = measurePreprocessing(parsed.whitening, images, split.train);
  const limited = { ...parsed, ...augmentation, memoryMiB: parsed.memoryMiB ?? memoryMiB ?? machineMiB() };
  const data = new ImageTensors(images, { preprocessing, device });
  const loadedMiB = process.memoryUsage.rss() / 2 ** 20;
  const facts = { datasetChecksum: images.checksum, loadedMiB, checkpoints: checkpointDirectory ?? null };
  return new ImageClassifier(limited, data, split, facts);
}

export default createEvaluator;

/** What is known once the data are loaded. */
interface LoadedFacts {
  readonly datasetChecksum: string;
  /** Resident before the first child: Node, engine, data. */
  readonly loadedMiB: number;
  /** Where checkpoints of children in training lie; null: none are written. */
  readonly checkpoints: string | null;
}

/** Made by `createEvaluator`. */
export class ImageClassifier implements Evaluator<unknown> {
  readonly score = { split: 'validation', metric: 'accuracy' } as const;
  readonly inline = false;
  readonly datasetChecksum: string;
  readonly measures: readonly string[];
  readonly #options: Options;
  readonly #data: ImageTensors;
  readonly #split: TrainValidationSplit;
  readonly #facts: LoadedFacts;

  constructor(options: Options, data: ImageTensors, split: TrainValidationSplit, facts: LoadedFacts) {
    this.#facts = facts;
    this.datasetChecksum = facts.datasetChecksum;
    this.measures = options.latency === undefined ? [] : [LATENCY_FACT];
    this.#options = options;
    this.#data = data;
    this.#split = split;
  }

  /** The same, with another recipe. It shares the data, whitened as they are: only one of the two is disposed. */
  withRecipe(changes: Partial<Omit<Recipe, 'whitening'>>): ImageClassifier {
    const options = { ...this.#options, ...changes };
    return new ImageClassifier(options, this.#data, this.#split, this.#facts);
  }

  async evaluate(architecture: unknown, context: EvaluationContext): Promise<Evaluation> {
    const child = parseConvolutionalArchitecture(architecture);
    const { channels, classes, height, width } = this.#data;
    const plan = planNetwork(child, { channels, classes, height, width });
    const { parameters, flops } = plan;
    // What a drawing of the child needs to know of its input.
    const input = { inputHeight: height, inputWidth: width, inputChannels: channels, classes };
    const { flip, upsample } = augmentationOf(this.#options, this.#data.dataset);
    const facts: Record<string, number> = { flops, ...input, flip: flip ? 1 : 0, upsample: upsample ?? 0 };
    const tooLarge = this.#tooLarge(plan);
    if (tooLarge !== null) return { outcome: tooLarge, curve: [], parameters: null, facts };
    const recipe = { ...this.#options, learningRate: child.learningRate ?? this.#options.learningRate };
    return evaluateTraining(context, { parameters, facts }, (reporting) =>
      this.#train(child, plan, recipe, reporting, facts),
    );
  }

  #tooLarge(plan: NetworkPlan) {
    const { maxParameters = null, maxFlops = null, memoryMiB = null } = this.#options;
    const { precision, batchSize, latency } = this.#options;
    const { parameters, flops } = plan;
    const growth = predictResidentGrowth(
      predictTrainingBytes(plan, {
        precision,
        batchSize: Math.min(batchSize, this.#split.train.length),
        evaluationExamples: this.#split.validation.length,
        latencyBatch: latency?.batch ?? 0,
      }),
    );
    return overLimit([
      { measure: 'parameters', value: parameters, limit: maxParameters },
      { measure: 'flops', value: flops, limit: maxFlops },
      {
        measure: 'memory',
        value: this.#facts.loadedMiB + growth / 2 ** 20,
        // What is predicted is memory of the CPU; another device says itself when it is full.
        limit: this.#data.device === 'cpu' ? memoryMiB : null,
      },
    ]);
  }

  /** @param measured takes the facts of the built child */
  async #train(
    architecture: unknown,
    plan: NetworkPlan,
    recipe: Recipe,
    context: EvaluationContext,
    measured: Record<string, number>,
  ): Promise<Outcome> {
    const { seed, signal } = context;
    const { secondsPerChild, latency, precision } = this.#options;
    const { device } = this.#data;
    const network = new ConvolutionalNetwork(plan, {
      seed,
      device,
      batchNormEpsilon: recipe.batchNormEpsilon,
    });
    try {
      if (latency !== undefined) {
        const place = { device, precision };
        const pause = async () => {
          await eventLoop();
          signal.throwIfAborted();
        };
        const { medianMs, spreadMs } = await measureLatency(network, plan.image, place, latency, pause);
        measured[LATENCY_FACT] = medianMs;
        measured['latencySpreadMs'] = spreadMs;
      }
      const limitMs = secondsPerChild === undefined ? null : secondsPerChild * 1000;
      const data = { data: this.#data, ...this.#split };
      const { datasetChecksum, checkpoints: directory } = this.#facts;
      // Memory is the machine's: a child that it suffices for is the same child on another one.
      const trained = { ...recipe, memoryMiB: null };
      const identity = { architecture, seed, recipe: trained, datasetChecksum };
      return await trainResumably({ network, identity, directory }, context, (resumed) =>
        trainClassifier(network, data, recipe, { seed, signal, limitMs, ...resumed }),
      );
    } finally {
      network.dispose();
    }
  }

  dispose(): void {
    this.#data.dispose();
  }
}
