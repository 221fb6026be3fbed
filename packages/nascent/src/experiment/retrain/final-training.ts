import { setImmediate as eventLoop } from 'node:timers/promises';
import { setThreads } from '@nascent/torch';
import { augmentationOf } from '../../child/augmentation.ts';
import { loadCheckpoint, saveCheckpoint, type TrainingIdentity } from '../../child/checkpoint.ts';
import { type ConfusionMatrix, confusionMatrixOf } from '../../child/confusion-matrix.ts';
import { ImageTensors } from '../../child/image-tensors.ts';
import { saveModel } from '../../child/model-file.ts';
import { ConvolutionalNetwork } from '../../child/network/convolutional-network.ts';
import type { Recipe } from '../../child/recipe.ts';
import { type ResumePoint, trainClassifier } from '../../child/train-classifier.ts';
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
import { type ImageInput, planNetwork } from '../../search-space/index.ts';
import { RetrainChangedError, RetrainFailedError } from './errors.ts';
import type { FinalPlan, RetrainSubject } from './plan.ts';

export interface FinalTrainingOptions {
  readonly subject: RetrainSubject;
  readonly plan: FinalPlan;
  readonly recipe: Recipe;
  /** Where the checkpoint is kept. */
  readonly checkpoint: string;
  /** A relative path of the data starts here. */
  readonly configDirectory: string;
  /** Of the images that the grid's runs saw. */
  readonly datasetChecksum: string;
  /** Engine threads. */
  readonly threads: number;
}

export interface TestScores {
  /** Rows: classes of the test images; columns: what the network took them for. */
  readonly confusion: ConfusionMatrix;
  /** SHA-256 (hex) of the test images. */
  readonly datasetChecksum: string;
}

/**
 * The training of the chosen network to the end, with checkpoints, and its test. Owns network and images until
 * `dispose()`.
 *
 * Killed anywhere and opened again, it goes on from its checkpoint and ends with the same weights, bit for bit, as
 * one never killed, with the same number of threads.
 */
export class FinalTraining {
  readonly image: ImageInput;
  readonly classNames: readonly string[];
  readonly parameters: number;
  readonly recipe: Recipe;
  /** SHA-256 (hex) of the training images. */
  readonly datasetChecksum: string;
  /** Images that it is trained on. */
  readonly examples: number;
  /** Images that its validation accuracy is measured on. */
  readonly validationExamples: number;
  readonly #options: FinalTrainingOptions;
  readonly #dataset: DatasetOptions;
  readonly #train: Int32Array;
  readonly #validation: Int32Array;
  readonly #preprocessing: Preprocessing;
  readonly #data: ImageTensors;
  readonly #network: ConvolutionalNetwork;
  readonly #identity: TrainingIdentity;
  #curve: readonly EpochReport[] = [];
  #resume: ResumePoint | undefined;

  private constructor(options: FinalTrainingOptions, dataset: DatasetOptions, opened: TrainingImages) {
    const { subject, plan } = options;
    const { images, split } = opened;
    // What the recipe leaves to the data set is written out: it belongs to what was done.
    const recipe = { ...options.recipe, ...augmentationOf(options.recipe, dataset.name) };
    const { channels, height, width, classes, checksum } = images;
    this.#options = options;
    this.#dataset = dataset;
    this.image = { channels, height, width, classes: classes.length };
    this.classNames = classes;
    this.#validation = split.validation;
    this.#train =
      plan.images === 'train' ? split.train : Int32Array.from([...split.train, ...split.validation]);
    this.examples = this.#train.length;
    this.validationExamples = split.validation.length;
    this.recipe = recipe;
    this.datasetChecksum = checksum;
    this.#preprocessing = measurePreprocessing(recipe.whitening, images, this.#train);
    const { learningRate: _, ...architecture } = subject.architecture; // the recipe's holds
    const network = planNetwork(architecture, this.image);
    this.parameters = network.parameters;
    this.#data = new ImageTensors(images, { preprocessing: this.#preprocessing });
    this.#network = new ConvolutionalNetwork(network, {
      seed: plan.seed,
      batchNormEpsilon: recipe.batchNormEpsilon,
    });
    const { path: _path, ...splitting } = dataset;
    this.#identity = {
      architecture,
      recipe,
      seed: plan.seed,
      'data (checksum)': checksum,
      'split of the data': splitting,
      'images trained on': plan.images,
    };
  }

  /**
   * Loads the images, builds the network and takes up the checkpoint, if there is one.
   * @throws DatasetError; RetrainChangedError where the images are not those of the grid; CheckpointError
   */
  static async open(options: FinalTrainingOptions): Promise<FinalTraining> {
    const dataset = datasetOptionsSchema.parse(options.plan.classifier['dataset'] ?? {});
    setThreads(options.threads);
    const opened = await openTrainingImages(dataset, options.configDirectory);
    const { checksum } = opened.images;
    if (checksum !== options.datasetChecksum) {
      const what = 'the content of the data set (its checksum)';
      throw new RetrainChangedError(
        options.checkpoint,
        what,
        options.datasetChecksum.slice(0, 12),
        checksum.slice(0, 12),
      );
    }
    const training = new FinalTraining(options, dataset, opened);
    try {
      training.#takeUp();
      return training;
    } catch (thrown) {
      training.dispose();
      throw thrown;
    }
  }

  /** One report for each epoch done. */
  get curve(): readonly EpochReport[] {
    return this.#curve;
  }

  #takeUp(): void {
    const checkpoint = loadCheckpoint(this.#options.checkpoint, this.#identity);
    if (checkpoint === null) return;
    const { network, optimiser, curve, epoch } = checkpoint;
    this.#network.loadStateDict(network);
    for (const tensor of network.values()) tensor.dispose();
    this.#curve = curve;
    this.#resume = { epoch, optimiser };
  }

  /**
   * Trains to the last epoch.
   * @param onEpoch after each epoch; `saved` tells whether its checkpoint was written
   * @throws signal.reason when the signal is aborted; RetrainFailedError where training diverged; CheckpointError
   */
  async train(signal: AbortSignal, onEpoch: (report: EpochReport, saved: boolean) => void): Promise<void> {
    const { plan, checkpoint: path } = this.#options;
    const { recipe } = this;
    const before = this.#curve.at(-1)?.elapsedMs ?? 0;
    const data = { data: this.#data, train: this.#train, validation: this.#validation };
    const outcome = await trainClassifier(this.#network, data, recipe, {
      seed: plan.seed,
      signal,
      limitMs: null,
      resume: this.#resume,
      report: (report) => {
        this.#curve = [...this.#curve, { ...report, elapsedMs: before + report.elapsedMs }];
      },
      checkpoint: ({ epoch, optimiser }) => {
        const due = epoch % plan.checkpointEvery === 0 || epoch === recipe.epochs;
        const network = this.#network.stateDict();
        if (due) saveCheckpoint(path, { epoch, curve: this.#curve, network, optimiser }, this.#identity);
        const report = this.#curve.at(-1);
        if (report !== undefined) onEpoch(report, due);
      },
    });
    if (outcome.kind === 'completed') return;
    throw new RetrainFailedError(
      `the final training of ${this.#options.subject.label} came to no end: ` +
        `${outcome.kind === 'diverged' ? `it diverged in epoch ${outcome.epoch}, ${outcome.detail}` : outcome.kind}. ` +
        'The test set was not opened. Try smaller learning rates (retrain.grid.learningRate, or ' +
        'retrain.final.recipe: { warmupEpochs: 5 }) in another directory (--out).',
    );
  }

  /** Writes the finished model. @throws ModelFileError where it cannot be written */
  saveModel(path: string): void {
    const { subject } = this.#options;
    saveModel(path, this.#network.stateDict(), {
      architecture: subject.architecture,
      image: this.image,
      classNames: this.classNames,
      preprocessing: this.#preprocessing,
      batchNormEpsilon: this.recipe.batchNormEpsilon,
      dataset: this.#dataset.name,
      datasetChecksum: this.datasetChecksum,
      tokens: subject.tokens,
    });
  }

  /** Opens the test images: whoever calls records that before. Is not interrupted, so as not to open them twice. */
  async test(): Promise<TestScores> {
    const path = datasetPath(this.#dataset, this.#options.configDirectory);
    const images = await loadTestImages(this.#dataset.name, { path });
    const data = new ImageTensors(images, { preprocessing: this.#preprocessing });
    try {
      const all = Int32Array.from({ length: exampleCount(images) }, (_, i) => i);
      const confusion = await confusionMatrixOf(this.#network, data, all, this.recipe.precision, () =>
        eventLoop(),
      );
      return { confusion, datasetChecksum: images.checksum };
    } finally {
      data.dispose();
    }
  }

  dispose(): void {
    for (const tensor of this.#resume?.optimiser.values() ?? []) tensor.dispose();
    this.#network.dispose();
    this.#data.dispose();
  }
}
