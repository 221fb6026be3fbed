import { z } from 'zod';
import { assertNever } from '../assert-never.ts';
import { NascentError } from '../errors.ts';
import type { Evaluation, Metric, Score, Split } from '../evaluation/evaluation.ts';

const lastEpochs = (epochs: number) => z.int().min(1).default(epochs);
/** The reward of every outcome but `completed`: diverged, too large, out of memory, timed out. */
const failed = z.number().default(0);

/**
 * How an evaluation becomes a reward.
 *
 * - `cubed-accuracy`: (best accuracy of the last epochs)³, the CNN search (Zoph & Le 2017, §4.1); in [0, 1].
 * - `accuracy`: the same without the cube.
 * - `inverse-square-perplexity`: c / (best perplexity of the last epochs)², the cell search (§4.2).
 */
export const rewardConfigSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cubed-accuracy'), lastEpochs: lastEpochs(5), failed }),
  z.strictObject({ kind: z.literal('accuracy'), lastEpochs: lastEpochs(5), failed }),
  z.strictObject({
    kind: z.literal('inverse-square-perplexity'),
    c: z.number().positive().default(80),
    lastEpochs: lastEpochs(1),
    failed,
  }),
]);

export type RewardConfig = z.infer<typeof rewardConfigSchema>;

/** The paper's reward for image classifiers: (maximum validation accuracy over the last 5 epochs)³. */
export const DEFAULT_REWARD: RewardConfig = { kind: 'cubed-accuracy', lastEpochs: 5, failed: 0 };

/** A score that must not, or cannot, become a reward. */
export class RewardRefusedError extends NascentError {}

function metricOf(config: RewardConfig): Metric {
  return config.kind === 'inverse-square-perplexity' ? 'perplexity' : 'accuracy';
}

/**
 * Refuses scores that this reward cannot be made from; a study calls it with its evaluator's declared score
 * before the first trial.
 * @throws RewardRefusedError for the split `test` (a search that sees test data measures nothing) and for
 *   another metric than the reward is defined on
 */
export function assertRewardable(
  score: { readonly split: Split; readonly metric: Metric },
  config: RewardConfig,
) {
  if (score.split === 'test') {
    throw new RewardRefusedError(
      'REWARD_FROM_TEST_SPLIT',
      'a score measured on the split "test" was offered as a reward; rewards come from "validation", or from ' +
        '"benchmark" where a table declares its reward column. Evaluate children on validation data.',
    );
  }
  const expected = metricOf(config);
  if (score.metric !== expected) {
    throw new RewardRefusedError(
      'REWARD_METRIC',
      `the reward "${config.kind}" is made from ${expected}, but the evaluator's scores are ${score.metric}. ` +
        `Choose the reward "${score.metric === 'accuracy' ? 'cubed-accuracy' : 'inverse-square-perplexity'}".`,
    );
  }
}

function checkedValue(score: Score, epoch: number): number {
  const inRange =
    score.metric === 'accuracy'
      ? score.value >= 0 && score.value <= 1
      : score.value >= 1 && score.value < Infinity;
  if (!inRange) {
    throw new RewardRefusedError(
      'REWARD_SCORE_RANGE',
      `epoch ${epoch}: ${score.metric} ${score.value} is out of range; expected ` +
        `${score.metric === 'accuracy' ? 'a fraction in [0, 1]' : 'a finite number ≥ 1'}. ` +
        'An evaluator whose child breaks down returns the outcome "diverged" instead.',
    );
  }
  return score.value;
}

/**
 * The reward of an evaluation; more is better, whatever the metric.
 *
 * Outcomes other than `completed` earn `config.failed`, whatever their curve shows. Every score of the curve is
 * checked, also those that the reward does not read.
 * @throws RewardRefusedError for a test split, another metric, a value out of range, or a completed evaluation
 *   without a curve
 */
export function rewardOf(evaluation: Evaluation, config: RewardConfig = DEFAULT_REWARD): number {
  for (const { score } of evaluation.curve) assertRewardable(score, config);
  // The last values of a failed child may be anything; only a completed one's must make sense.
  if (evaluation.outcome.kind !== 'completed') return config.failed;
  const values = evaluation.curve.map(({ score, epoch }) => checkedValue(score, epoch));
  const last = values.slice(-config.lastEpochs);
  if (last.length === 0) {
    throw new RewardRefusedError(
      'REWARD_WITHOUT_SCORE',
      'the evaluation is "completed" but its curve has no epoch, so there is no score to reward. ' +
        'An evaluator reports at least one epoch for a completed child.',
    );
  }
  switch (config.kind) {
    case 'cubed-accuracy':
      return Math.max(...last) ** 3;
    case 'accuracy':
      return Math.max(...last);
    case 'inverse-square-perplexity':
      return config.c / Math.min(...last) ** 2;
    default:
      return assertNever(config);
  }
}
