import {
  crossEntropy,
  keep,
  noGrad,
  type Schedule,
  SGD,
  scope,
  stack,
  type Tensor,
  zeros,
} from '@nascent/torch';
import type { RandomStream } from '../random.ts';
import { type Augmentation, augmentationOf, drawPlacements, enlargedSize } from './augmentation.ts';
import { type Pause, walkBatches } from './batch-walk.ts';
import { type Classifier, inPrecision, usesChannelsLast } from './classifier.ts';
import type { ImageBatches, ImageTensors } from './image-tensors.ts';
import { type Recipe, scheduleOf } from './recipe.ts';

/** Reading the loss back waits for the device: often enough to stop a diverged child early, no more. */
const STEPS_BETWEEN_LOSS_CHECKS = 50;

/**
 * Stochastic gradient descent with Nesterov momentum, epoch by epoch. Owns the optimiser's state and its
 * stream of batches until `dispose()`; the network stays the caller's.
 */
export class ClassifierTrainer {
  readonly #network: Classifier;
  readonly #recipe: Recipe;
  readonly #schedule: Schedule;
  readonly #parameters: readonly Tensor[];
  readonly #optimiser: SGD;
  readonly #data: ImageTensors;
  readonly #augmentation: Augmentation;
  readonly #batches: ImageBatches;
  readonly #lossSum: Tensor;
  readonly #steps: number;
  #step = 0;

  /**
   * @param examplesPerEpoch fixes how many steps the schedule spans
   * @throws NascentError `CONFIG_INVALID` where images cannot be enlarged as the recipe says
   */
  constructor(network: Classifier, data: ImageTensors, recipe: Recipe, examplesPerEpoch: number) {
    const { learningRate, momentum, weightDecay } = recipe;
    this.#network = network;
    this.#recipe = recipe;
    this.#data = data;
    this.#augmentation = augmentationOf(recipe, data.dataset);
    const enlarged = enlargedSize(this.#augmentation, data);
    this.#schedule = scheduleOf(recipe);
    this.#steps = Math.ceil(examplesPerEpoch / recipe.batchSize) * recipe.epochs;
    this.#parameters = network.parameters();
    this.#lossSum = keep(zeros([], { device: data.device }));
    try {
      this.#optimiser = new SGD(this.#parameters, {
        learningRate,
        momentum,
        weightDecay,
        nesterov: momentum > 0,
      });
    } catch (thrown) {
      this.#lossSum.dispose(); // there is no trainer to dispose it with
      throw thrown;
    }
    this.#batches = data.batches(usesChannelsLast(data.device, recipe.precision), enlarged);
  }

  /**
   * One pass over the examples in the given order; the last batch may be smaller. After a pass that ended
   * early, by a throw of `pause` or a loss that is not finite, only `dispose()` is left to call.
   * @param random of this epoch's crops and flips; not used where the recipe has neither
   * @returns the mean of the batches' losses (natural log); not finite where training diverged
   */
  async epoch(order: Int32Array, random: RandomStream, pause: Pause): Promise<number> {
    noGrad(() => this.#lossSum.zero_());
    const placements = drawPlacements(this.#augmentation, this.#data, order.length, random);
    let done = 0;
    const use = (): boolean => {
      this.#trainOnNextBatch();
      done++;
      return done % STEPS_BETWEEN_LOSS_CHECKS !== 0 || Number.isFinite(this.#lossSum.item());
    };
    const { batchSize } = this.#recipe;
    const batches = await walkBatches(this.#batches, order, batchSize, pause, use, placements);
    return this.#lossSum.item() / batches;
  }

  /** Processor time that preparing batches has taken so far, on a thread beside this one. */
  get batchSeconds(): number {
    return this.#batches.busySeconds;
  }

  #trainOnNextBatch(): void {
    const { learningRate, precision } = this.#recipe;
    this.#optimiser.learningRate = learningRate * this.#schedule(this.#step++ / this.#steps);
    scope(() => {
      const { images, labels } = this.#batches.take();
      const logits = inPrecision(images.device, precision, () => this.#network.forward(images));
      const loss = crossEntropy(precision === 'float32' ? logits : logits.to('float32'), labels);
      this.#optimiser.zeroGrad();
      loss.backward();
      this.#optimiser.step();
      noGrad(() => this.#lossSum.add_(loss));
    });
  }

  /** The optimiser's own tensors (momentum), not copies; the rest belongs to the current scope. */
  optimiserState(): Map<string, Tensor> {
    return this.#optimiser.stateDict();
  }

  /** Goes on exactly as after so many epochs; the network's weights are the caller's to restore. @throws TorchError */
  resume(epochs: number, optimiser: ReadonlyMap<string, Tensor>): void {
    this.#optimiser.loadStateDict(optimiser);
    this.#step = epochs * (this.#steps / this.#recipe.epochs);
  }

  /** Whether every weight is finite. (A sum of magnitudes also overflows only where training is lost.) */
  weightsAreFinite(): boolean {
    return scope(() =>
      noGrad(() => {
        const magnitudes = this.#parameters.map((weights) => weights.abs().sum());
        return Number.isFinite(stack(magnitudes, 0).sum().item());
      }),
    );
  }

  dispose(): void {
    this.#optimiser.zeroGrad();
    this.#optimiser.dispose();
    this.#batches.dispose();
    this.#lossSum.dispose();
  }
}
