import { releaseMemory, TorchError } from '@nascent/torch';
import { EarlyStop } from '../evaluation/early-stop.ts';
import type { EpochReport, Evaluation, Outcome } from '../evaluation/evaluation.ts';
import type { EvaluationContext } from '../evaluation/evaluator.ts';

/**
 * Runs the training of one child and makes an evaluation of it: its outcome, its curve, the fact `trainingSeconds`.
 * Memory of the CPU that the child gave back goes back to the system: a large one must not weigh on the limits of small ones
 * after it. Memory of a GPU stays with the process.
 * @param facts of the child; what `train` adds to them is in the evaluation too
 * @param train frees the child itself; what it reports is the curve
 * @throws what `train` throws, but for an early stop and for memory that did not suffice, which are outcomes
 */
export async function evaluateTraining(
  context: EvaluationContext,
  { parameters, facts }: { readonly parameters: number; readonly facts: Record<string, number> },
  train: (context: EvaluationContext) => Promise<Outcome>,
): Promise<Evaluation> {
  const started = performance.now();
  const curve: EpochReport[] = [];
  const report = (epoch: EpochReport): void => {
    curve.push(epoch);
    context.report(epoch);
  };
  const outcome = await outcomeOf(() => train({ ...context, report }));
  const trainingSeconds = (performance.now() - started) / 1000;
  return { outcome, curve, parameters, facts: { ...facts, trainingSeconds } };
}

async function outcomeOf(train: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await train();
  } catch (error) {
    const outcome = outcomeOfThrown(error);
    if (outcome === null) throw error;
    return outcome;
  } finally {
    releaseMemory();
  }
}

/** What a child comes to that was stopped early or found no memory; null: thrown for another reason. */
export function outcomeOfThrown(thrown: unknown): Outcome | null {
  if (thrown instanceof EarlyStop) return thrown.outcome;
  if (thrown instanceof TorchError && thrown.code === 'OUT_OF_MEMORY')
    return { kind: 'out-of-memory', detail: thrown.message };
  return null;
}
