import { scope, type Tensor } from '@nascent/torch';
import type { EpochReport, Outcome } from '../evaluation/evaluation.ts';
import { randomStream } from '../random.ts';
import { accuracyOf } from './accuracy.ts';
import type { Classifier } from './classifier.ts';
import { ClassifierTrainer } from './classifier-trainer.ts';
import type { ImageTensors } from './image-tensors.ts';
import type { Recipe } from './recipe.ts';
import { startClock, TimeIsUp } from './training-clock.ts';

/** What is trained on and what scores: indices into `data`. */
export interface TrainingData {
  readonly data: ImageTensors;
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/** Where a training goes on; the network already has the weights of then. */
export interface ResumePoint {
  /** Epochs that are done. */
  readonly epoch: number;
  /** The optimiser's state after them. */
  readonly optimiser: ReadonlyMap<string, Tensor>;
}

export interface TrainingContext {
  /** Orders the batches, crops and mirrors the images. */
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Wall-clock limit; null for none. */
  readonly limitMs: number | null;
  report(epoch: EpochReport): void;
  /** Absent to begin at the first epoch. */
  readonly resume?: ResumePoint | undefined;
  /** Called after each reported epoch with what `resume` needs; the optimiser's own tensors, not copies. */
  checkpoint?(after: ResumePoint): void;
}

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
  { seed, signal, limitMs, report, resume, checkpoint }: TrainingContext,
): Promise<Outcome> {
  const { pause, elapsedMs } = startClock(signal, limitMs);
  const trainer = new ClassifierTrainer(network, data, recipe, train.length);
  try {
    if (resume !== undefined) trainer.resume(resume.epoch, resume.optimiser);
    for (let epoch = 1 + (resume?.epoch ?? 0); epoch <= recipe.epochs; epoch++) {
      const order = randomStream(seed, 'batches', epoch).permutation(train.length);
      const trainingLoss = await trainer.epoch(
        order.map((at) => train[at] as number),
        randomStream(seed, 'augment', epoch),
        pause,
      );
      if (!Number.isFinite(trainingLoss))
        return { kind: 'diverged', epoch, detail: `the training loss became ${trainingLoss}` };
      if (!trainer.weightsAreFinite())
        return { kind: 'diverged', epoch, detail: 'weights are no longer finite' };
      const value = await accuracyOf(network, data, validation, recipe.precision, pause);
      const score = { split: 'validation', metric: 'accuracy', value } as const;
      report({ epoch, trainingLoss, score, elapsedMs: elapsedMs() });
      if (checkpoint !== undefined) scope(() => checkpoint({ epoch, optimiser: trainer.optimiserState() }));
    }
    return { kind: 'completed' };
  } catch (error) {
    if (error instanceof TimeIsUp) return error.outcome;
    throw error;
  } finally {
    trainer.dispose();
  }
}
