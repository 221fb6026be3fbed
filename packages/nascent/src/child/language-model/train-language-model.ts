import { scope } from '@nascent/torch';
import type { Outcome } from '../../evaluation/evaluation.ts';
import type { TrainingContext } from '../train-classifier.ts';
import { startClock, TimeIsUp } from '../training-clock.ts';
import type { LanguageModel } from './language-model.ts';
import { LanguageModelTrainer, TrainingDiverged } from './language-model-trainer.ts';
import { perplexityOf, type Reading } from './perplexity.ts';
import type { LanguageModelRecipe } from './recipe.ts';

/** What is trained on and what scores: word indices. */
export interface TrainingText {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/**
 * Trains a language model and scores it by validation perplexity after each epoch (Zoph & Le 2017, §4.2).
 *
 * Deterministic for a fixed seed and number of threads. Lets the event loop run at every step.
 * @returns what became of it; the epochs were reported
 * @throws signal.reason when the signal is aborted; TorchError from the engine; NascentError `TEXT_TOO_SHORT`
 */
export async function trainLanguageModel(
  model: LanguageModel,
  { train, validation }: TrainingText,
  recipe: LanguageModelRecipe,
  { seed, signal, limitMs, report, resume, checkpoint }: TrainingContext,
  reading?: Reading,
): Promise<Outcome> {
  const { pause, elapsedMs } = startClock(signal, limitMs);
  const trainer = new LanguageModelTrainer(model, train, recipe, seed);
  let epoch = 1 + (resume?.epoch ?? 0);
  try {
    if (resume !== undefined) trainer.resume(resume.optimiser);
    for (; epoch <= recipe.epochs; epoch++) {
      const trainingLoss = await trainer.epoch(epoch, pause);
      const value = await perplexityOf(model, validation, recipe.precision, pause, reading);
      if (!Number.isFinite(value))
        return { kind: 'diverged', epoch, detail: `the validation perplexity became ${value}` };
      const score = { split: 'validation', metric: 'perplexity', value } as const;
      report({ epoch, trainingLoss, score, elapsedMs: elapsedMs() });
      if (checkpoint !== undefined) scope(() => checkpoint({ epoch, optimiser: trainer.optimiserState() }));
    }
    return { kind: 'completed' };
  } catch (error) {
    if (error instanceof TimeIsUp) return error.outcome;
    if (error instanceof TrainingDiverged) return { kind: 'diverged', epoch, detail: error.message };
    throw error;
  } finally {
    trainer.dispose();
  }
}
