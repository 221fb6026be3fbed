import { z } from 'zod';
import { assertNever } from '../assert-never.ts';
import { NascentError } from '../errors.ts';
import {
  type Evaluation,
  LATENCY_FACT,
  type Metric,
  type Score,
  type Split,
} from '../evaluation/evaluation.ts';
import type { EvaluatorFacts } from '../evaluation/evaluator.ts';
import { latencyFactor, latencyGoalSchema } from './reward-latency.ts';
import { rewardOfTooLarge, tooLargeSchema } from './reward-too-large.ts';

const lastEpochs = (epochs: number) => z.int().min(1).default(epochs);
const common = {
  failed: z
    .number()
    .default(0)
    .describe('The reward of a child that diverged, was too large, ran out of memory or out of time.'),
  tooLarge: tooLargeSchema.optional(),
  latency: latencyGoalSchema.optional(),
};

const ofPerplexity = { c: z.number().positive().default(80), lastEpochs: lastEpochs(1), ...common };

/**
 * How an evaluation becomes a reward.
 *
 * - `cubed-accuracy`: (best accuracy of the last epochs)³, the CNN search (Zoph & Le 2017, §4.1); in [0, 1].
 * - `accuracy`: the same without the cube.
 * - `inverse-square-perplexity`: c / (best perplexity of the last epochs)², the cell search (§4.2).
 * - `inverse-perplexity`: c / (best perplexity of the last epochs); less steep.
 * - `inverse-loss`: 1 / (1 + ln of the best perplexity of the last epochs), in (0, 1]; the least steep.
 *
 * With `latency` it is multiplied by a factor for the child's measured latency (`reward-latency.ts`); `tooLarge` says
 * what a refused child earns (`reward-too-large.ts`). Absent, both: as in the paper.
 */
export const rewardConfigSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cubed-accuracy'), lastEpochs: lastEpochs(5), ...common }),
  z.strictObject({ kind: z.literal('accuracy'), lastEpochs: lastEpochs(5), ...common }),
  z.strictObject({ kind: z.literal('inverse-square-perplexity'), ...ofPerplexity }),
  z.strictObject({ kind: z.literal('inverse-perplexity'), ...ofPerplexity }),
  z.strictObject({ kind: z.literal('inverse-loss'), lastEpochs: lastEpochs(1), ...common }),
]);

export type RewardConfig = z.infer<typeof rewardConfigSchema>;

/** The paper's reward for image classifiers: (maximum validation accuracy over the last 5 epochs)³. */
export const DEFAULT_REWARD: RewardConfig = { kind: 'cubed-accuracy', lastEpochs: 5, failed: 0 };

/** A score that must not, or cannot, become a reward. */
export class RewardRefusedError extends NascentError {}

/** What a reward is made from. */
export function metricOfReward({ kind }: RewardConfig): Metric {
  return kind === 'cubed-accuracy' || kind === 'accuracy' ? 'accuracy' : 'perplexity';
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
  const expected = metricOfReward(config);
  if (score.metric !== expected) {
    throw new RewardRefusedError(
      'REWARD_METRIC',
      `the reward "${config.kind}" is made from ${expected}, but the evaluator's scores are ${score.metric}. ` +
        `Choose the reward "${score.metric === 'accuracy' ? 'cubed-accuracy' : 'inverse-square-perplexity'}".`,
    );
  }
}

/**
 * Refuses an evaluator that this reward cannot be made from, before the first trial: its score, and whether it
 * measures latency where the reward reads one.
 * @throws RewardRefusedError
 */
export function assertEvaluatorSuits({ score, measures }: EvaluatorFacts, config: RewardConfig): void {
  assertRewardable(score, config);
  if (config.latency === undefined || measures.includes(LATENCY_FACT)) return;
  throw new RewardRefusedError(
    'REWARD_WITHOUT_LATENCY',
    'reward.latency is set, but the evaluator does not measure latency. Give image-classifier the option ' +
      `latency: {} (evaluator.options.latency); an evaluator of your own has measures: ['${LATENCY_FACT}'] and the ` +
      `fact ${LATENCY_FACT} in each evaluation. Or leave reward.latency out.`,
  );
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
 * A child that was stopped early is rewarded by the same formula on the epochs that it had: less than whole training
 * would have given, as a rule, but a reward that tells it from others. A child that was too large earns what
 * `config.tooLarge` says, any other outcome than `completed` earns `config.failed`, whatever its curve shows. Every
 * score of the curve is checked, also those that the reward does not read.
 *
 * With `config.latency` a child that was stopped before it had told its latency earns `config.failed`.
 * @throws RewardRefusedError for a test split, another metric, a value out of range, or a completed or stopped
 *   evaluation without a curve, and a completed one without the latency that the reward reads
 */
export function rewardOf(evaluation: Evaluation, config: RewardConfig = DEFAULT_REWARD): number {
  for (const { score } of evaluation.curve) assertRewardable(score, config);
  // The last values of a failed child may be anything; only those that are rewarded must make sense.
  const { outcome } = evaluation;
  if (outcome.kind === 'too-large') return rewardOfTooLarge(outcome, config);
  if (outcome.kind !== 'completed' && outcome.kind !== 'stopped') return config.failed;
  const values = evaluation.curve.map(({ score, epoch }) => checkedValue(score, epoch));
  const last = values.slice(-config.lastEpochs);
  if (last.length === 0) {
    throw new RewardRefusedError(
      'REWARD_WITHOUT_SCORE',
      `the evaluation is "${outcome.kind}" but its curve has no epoch, so there is no score to reward. ` +
        'An evaluator reports at least one epoch for a completed child.',
    );
  }
  const { latency } = config;
  if (latency === undefined) return ofScores(last, config);
  const milliseconds = evaluation.facts[LATENCY_FACT];
  if (milliseconds !== undefined && milliseconds > 0)
    return ofScores(last, config) * latencyFactor(milliseconds, latency);
  if (outcome.kind === 'stopped') return config.failed;
  throw new RewardRefusedError(
    'REWARD_WITHOUT_LATENCY',
    `reward.latency is set, but the evaluation's fact ${LATENCY_FACT} is ${milliseconds ?? 'missing'}; expected ` +
      'milliseconds above 0. An evaluator that declares the fact gives it with each trained child.',
  );
}

/** @param last scores of the last epochs, at least one */
function ofScores(last: readonly number[], config: RewardConfig): number {
  switch (config.kind) {
    case 'cubed-accuracy':
      return Math.max(...last) ** 3;
    case 'accuracy':
      return Math.max(...last);
    case 'inverse-square-perplexity':
      return config.c / Math.min(...last) ** 2;
    case 'inverse-perplexity':
      return config.c / Math.min(...last);
    case 'inverse-loss':
      return 1 / (1 + Math.log(Math.min(...last)));
    default:
      return assertNever(config);
  }
}
