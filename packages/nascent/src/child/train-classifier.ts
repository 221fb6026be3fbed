import { setImmediate as eventLoop } from 'node:timers/promises';
import type { EpochReport, Outcome } from '../evaluation/evaluation.ts';
import { randomStream } from '../random.ts';
import { accuracyOf } from './accuracy.ts';
import type { Classifier } from './classifier.ts';
import { ClassifierTrainer } from './classifier-trainer.ts';
import type { ImageTensors } from './image-tensors.ts';
import type { Recipe } from './recipe.ts';

/** What is trained on and what scores: indices into `data`. */
export interface TrainingData {
  readonly data: ImageTensors;
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

export interface TrainingContext {
  /** Orders the batches. */
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Wall-clock limit; null for none. */
  readonly limitMs: number | null;
  report(epoch: EpochReport): void;
}

class TimeIsUp extends Error {}

/**
 * Trains a classifier and scores it on the validation examples after each epoch (Zoph & Le 2017, §4.1).
 *
 * Deterministic for a fixed seed and number of threads. Lets the event loop run at every step.
 * @returns what became of it; the epochs were reported
 * @throws signal.reason when the signal is aborted; TorchError from the engine
 */
export async function trainClassifier(
  network: Classifier,
  { data, train, validation }: TrainingData,
  recipe: Recipe,
  { seed, signal, limitMs, report }: TrainingContext,
): Promise<Outcome> {
  const started = performance.now();
  const pause = async (): Promise<void> => {
    await eventLoop();
    signal.throwIfAborted();
    if (limitMs !== null && performance.now() - started >= limitMs) throw new TimeIsUp();
  };
  const trainer = new ClassifierTrainer(network, data, recipe, train.length);
  try {
    for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
      const order = randomStream(seed, 'batches', epoch).permutation(train.length);
      const trainingLoss = await trainer.epoch(
        order.map((at) => train[at] as number),
        pause,
      );
      if (!Number.isFinite(trainingLoss))
        return { kind: 'diverged', epoch, detail: `the training loss became ${trainingLoss}` };
      if (!trainer.weightsAreFinite())
        return { kind: 'diverged', epoch, detail: 'weights are no longer finite' };
      const value = await accuracyOf(network, data, validation, recipe.precision, pause);
      const score = { split: 'validation', metric: 'accuracy', value } as const;
      report({ epoch, trainingLoss, score, elapsedMs: performance.now() - started });
    }
    return { kind: 'completed' };
  } catch (error) {
    if (error instanceof TimeIsUp && limitMs !== null) return { kind: 'timed-out', limitMs };
    throw error;
  } finally {
    trainer.dispose();
  }
}
