import { setImmediate as eventLoop } from 'node:timers/promises';
import { setThreads } from '@nascent/torch';
import { augmentationOf } from '../../child/augmentation.ts';
import { accuracyOfConfusion, confusionMatrixOf } from '../../child/confusion-matrix.ts';
import { ImageTensors } from '../../child/image-tensors.ts';
import { saveModel } from '../../child/model-file.ts';
import { ConvolutionalNetwork } from '../../child/network/convolutional-network.ts';
import type { Recipe } from '../../child/recipe.ts';
import { trainClassifier } from '../../child/train-classifier.ts';
import {
  type DatasetOptions,
  datasetOptionsSchema,
  datasetPath,
  openTrainingImages,
  type TrainingImages,
} from '../../child/training-images.ts';
import {
  exampleCount,
  loadTestImages,
  measurePreprocessing,
  type Preprocessing,
} from '../../dataset/index.ts';
import type { EpochReport } from '../../evaluation/evaluation.ts';
import { planNetwork } from '../../search-space/index.ts';
import { CheckpointedTraining, refuseOtherData } from './checkpointed-training.ts';
import type { ClassifierFinalPlan } from './classifier-plan.ts';
import type { FinalTraining, FinalTrainingOptions, OnEpoch } from './final-training.ts';
import type { ClassifierFacts, FinishedClassifier } from './finished.ts';
import type { TestAccuracy } from './test-once.ts';

const ADVICE =
  'Try smaller learning rates (retrain.grid.learningRate, or retrain.final.recipe: { warmupEpochs: 5 }) in another ' +
  'directory (--out).';

/** The final training of a convolutional network on images, and its test. */
export class FinalClassifier implements FinalTraining {
  readonly facts: ClassifierFacts;
  readonly #options: FinalTrainingOptions;
  readonly #plan: ClassifierFinalPlan;
  readonly #dataset: DatasetOptions;
  readonly #train: Int32Array;
  readonly #validation: Int32Array;
  readonly #preprocessing: Preprocessing;
  readonly #data: ImageTensors;
  readonly #network: ConvolutionalNetwork;
  readonly #training: CheckpointedTraining;

  private constructor(
    plan: ClassifierFinalPlan,
    chosen: Recipe,
    options: FinalTrainingOptions,
    dataset: DatasetOptions,
    { images, split }: TrainingImages,
  ) {
    // What the recipe leaves to the data set is written out: it belongs to what was done.
    const recipe = { ...chosen, ...augmentationOf(chosen, dataset.name) };
    const { channels, height, width, classes, checksum } = images;
    const image = { channels, height, width, classes: classes.length };
    this.#options = options;
    this.#plan = plan;
    this.#dataset = dataset;
    this.#validation = split.validation;
    this.#train =
      plan.images === 'train' ? split.train : Int32Array.from([...split.train, ...split.validation]);
    this.#preprocessing = measurePreprocessing(recipe.whitening, images, this.#train);
    const { learningRate: _, ...architecture } = plan.architecture; // the recipe's holds
    const network = planNetwork(architecture, image);
    this.facts = {
      kind: 'classifier',
      recipe,
      image,
      classNames: [...classes],
      parameters: network.parameters,
      examples: this.#train.length,
      validationExamples: split.validation.length,
      datasetChecksum: checksum,
      threads: options.threads,
    };
    this.#data = new ImageTensors(images, { preprocessing: this.#preprocessing });
    const { seed, checkpointEvery } = plan;
    this.#network = new ConvolutionalNetwork(network, { seed, batchNormEpsilon: recipe.batchNormEpsilon });
    const { path: _path, ...splitting } = dataset;
    const course = { seed, epochs: recipe.epochs, checkpointEvery };
    this.#training = new CheckpointedTraining(options, course, this.#network, {
      architecture,
      recipe,
      seed,
      'data (checksum)': checksum,
      'split of the data': splitting,
      'images trained on': plan.images,
    });
  }

  /**
   * Loads the images, builds the network and takes up the checkpoint, if there is one.
   * @throws DatasetError; RetrainChangedError where the images are not those of the grid; CheckpointError
   */
  static async open(
    plan: ClassifierFinalPlan,
    recipe: Recipe,
    options: FinalTrainingOptions,
  ): Promise<FinalClassifier> {
    const dataset = datasetOptionsSchema.parse(plan.classifier['dataset'] ?? {});
    setThreads(options.threads);
    const opened = await openTrainingImages(dataset, options.configDirectory);
    refuseOtherData(options, opened.images.checksum);
    const training = new FinalClassifier(plan, recipe, options, dataset, opened);
    try {
      training.#training.takeUp();
      return training;
    } catch (thrown) {
      training.dispose();
      throw thrown;
    }
  }

  get curve(): readonly EpochReport[] {
    return this.#training.curve;
  }

  train(signal: AbortSignal, onEpoch: OnEpoch): Promise<void> {
    const data = { data: this.#data, train: this.#train, validation: this.#validation };
    const { recipe } = this.facts;
    return this.#training.train(
      (context) => trainClassifier(this.#network, data, recipe, context),
      signal,
      onEpoch,
      ADVICE,
    );
  }

  saveModel(path: string): void {
    const { image, classNames, recipe, datasetChecksum } = this.facts;
    saveModel(path, this.#network.stateDict(), {
      architecture: this.#plan.architecture,
      image,
      classNames,
      preprocessing: this.#preprocessing,
      batchNormEpsilon: recipe.batchNormEpsilon,
      dataset: this.#dataset.name,
      datasetChecksum,
      tokens: this.#options.tokens,
    });
  }

  finished(run: number): FinishedClassifier {
    return { ...this.facts, run, curve: [...this.curve] };
  }

  async test(): Promise<TestAccuracy> {
    const path = datasetPath(this.#dataset, this.#options.configDirectory);
    const images = await loadTestImages(this.#dataset.name, { path });
    const data = new ImageTensors(images, { preprocessing: this.#preprocessing });
    try {
      const all = Int32Array.from({ length: exampleCount(images) }, (_, i) => i);
      const { precision } = this.facts.recipe;
      const confusion = await confusionMatrixOf(this.#network, data, all, precision, () => eventLoop());
      const accuracy = accuracyOfConfusion(confusion);
      return { metric: 'accuracy', accuracy, confusion, datasetChecksum: images.checksum };
    } finally {
      data.dispose();
    }
  }

  dispose(): void {
    this.#training.dispose();
    this.#network.dispose();
    this.#data.dispose();
  }
}
