import { Adam, clipGradNorm, Generator, noGrad, SGD, scope, type Tensor } from '@nascent/torch';
import { deriveSeed } from '../../random.ts';
import type { Pause } from '../batch-walk.ts';
import { inPrecision } from '../classifier.ts';
import type { LanguageModel, ModelState } from './language-model.ts';
import { drawMasks } from './masks.ts';
import { type LanguageModelRecipe, rateFactor } from './recipe.ts';
import { disposeState, keepState } from './state.ts';
import { TextColumns } from './text-columns.ts';

/** Training has left what can be learned: loss or gradients are not finite, or worse than guessing. */
export class TrainingDiverged extends Error {}

/** A loss that is so much (nats for each word) above guessing blindly is hopeless. */
const ABOVE_GUESSING = 1;
/** Steps over which that is judged. */
const STEPS_JUDGED = 25;

/**
 * Trains a language model by truncated back-propagation through time, epoch by epoch: the text is read in chunks of
 * some steps, the state is carried over, the gradient is not. Owns the optimiser's state and the text until
 * `dispose()`; the model stays the caller's.
 */
export class LanguageModelTrainer {
  readonly #model: LanguageModel;
  readonly #recipe: LanguageModelRecipe;
  readonly #parameters: readonly Tensor[];
  readonly #optimiser: SGD | Adam;
  readonly #text: TextColumns;
  readonly #seed: number;

  /**
   * @param text word indices
   * @param seed of the masks of dropout
   * @throws NascentError `TEXT_TOO_SHORT`
   */
  constructor(model: LanguageModel, text: Int32Array, recipe: LanguageModelRecipe, seed: number) {
    const { batchSize, steps, learningRate, optimiser } = recipe;
    this.#model = model;
    this.#recipe = recipe;
    this.#seed = seed;
    this.#parameters = model.parameters();
    this.#text = new TextColumns(text, batchSize, steps, model.device);
    try {
      this.#optimiser =
        optimiser === 'adam'
          ? new Adam(this.#parameters, { learningRate })
          : new SGD(this.#parameters, { learningRate });
    } catch (thrown) {
      this.#text.dispose(); // there is no trainer to dispose it with
      throw thrown;
    }
  }

  /** Words that an epoch reads. */
  get wordsPerEpoch(): number {
    return this.#text.length * this.#text.batch;
  }

  /**
   * Reads the text once, from a state of zeros.
   * @param epoch from 1
   * @returns mean loss of a word (natural log)
   * @throws TrainingDiverged, after which only `dispose()` is left to call; what `pause` throws
   */
  async epoch(epoch: number, pause: Pause): Promise<number> {
    const { steps } = this.#recipe;
    const chunks = this.#text.chunks(steps);
    const generator = new Generator(deriveSeed(this.#seed, 'dropout', epoch));
    const hopeless = Math.log(this.#model.shape.vocabulary) + ABOVE_GUESSING;
    let state = noGrad(() => scope(() => keepState(this.#model.zeroState(this.#text.batch))));
    let [total, recent] = [0, 0];
    try {
      for (let index = 0; index < chunks; index++) {
        await pause();
        this.#optimiser.learningRate =
          this.#recipe.learningRate * rateFactor(this.#recipe, epoch, index / chunks);
        const { loss, after, words } = this.#step(index, state, generator);
        disposeState(state);
        state = after;
        total += loss;
        recent += loss / words;
        if ((index + 1) % STEPS_JUDGED !== 0) continue;
        if (recent / STEPS_JUDGED > hopeless)
          throw new TrainingDiverged(
            `the training loss is ${(recent / STEPS_JUDGED).toFixed(2)} a word, worse than guessing`,
          );
        recent = 0;
      }
    } finally {
      disposeState(state);
    }
    return total / this.wordsPerEpoch;
  }

  #step(index: number, state: ModelState, generator: Generator) {
    const { batchSize, steps, clipNorm, dropout, precision } = this.#recipe;
    return scope(() => {
      const { words, next } = this.#text.chunk(index, steps);
      const count = words.shape[0] ?? 0;
      const { vocabulary, hidden, layers } = this.#model.shape;
      const sizes = { vocabulary, hidden, layers, steps: count, batch: batchSize };
      const { device } = this.#model;
      const masks = drawMasks(dropout, sizes, generator, device);
      const { loss, after } = inPrecision(device, precision, () => {
        const read = this.#model.read(words, state, masks);
        return { loss: this.#model.loss(read.outputs, next, 'sum'), after: read.state };
      });
      this.#optimiser.zeroGrad();
      // Summed over the steps, averaged over the batch: what the rate of 1 and the norm of 5 belong to.
      loss.div(batchSize).backward();
      const norm = clipGradNorm(this.#parameters, clipNorm);
      const value = loss.item();
      if (!Number.isFinite(value)) throw new TrainingDiverged(`the training loss became ${value}`);
      if (!Number.isFinite(norm)) throw new TrainingDiverged('gradients are no longer finite');
      this.#optimiser.step();
      return { loss: value, after: keepState(after), words: count * batchSize };
    });
  }

  /** The optimiser's own tensors, not copies; the rest belongs to the current scope. */
  optimiserState(): Map<string, Tensor> {
    return this.#optimiser.stateDict();
  }

  /** Takes up an optimiser's state; the model's weights are the caller's to restore. @throws TorchError */
  resume(optimiser: ReadonlyMap<string, Tensor>): void {
    this.#optimiser.loadStateDict(optimiser);
  }

  dispose(): void {
    this.#optimiser.zeroGrad();
    this.#optimiser.dispose();
    this.#text.dispose();
  }
}
