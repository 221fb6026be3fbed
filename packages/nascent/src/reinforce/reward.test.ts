import { describe, expect, it } from 'vitest';
import type { Evaluation, Metric, Outcome, Split } from '../evaluation/evaluation.ts';
import {
  assertRewardable,
  DEFAULT_REWARD,
  RewardRefusedError,
  rewardConfigSchema,
  rewardOf,
} from './reward.ts';

function evaluation(
  values: readonly number[],
  {
    outcome = { kind: 'completed' },
    split = 'validation',
    metric = 'accuracy',
  }: Partial<{
    outcome: Outcome;
    split: Split;
    metric: Metric;
  }> = {},
): Evaluation {
  return {
    outcome,
    curve: values.map((value, i) => ({
      epoch: i + 1,
      trainingLoss: 1,
      score: { split, metric, value },
      elapsedMs: 10,
    })),
    parameters: 1000,
    facts: {},
  };
}

describe('reward', () => {
  it('is the cube of the best accuracy over the last five epochs (§4.1)', () => {
    expect(rewardOf(evaluation([0.9, 0.5, 0.6, 0.7, 0.65, 0.6]))).toBeCloseTo(0.7 ** 3, 15);
  });

  it('reads all epochs of a shorter curve', () => {
    expect(rewardOf(evaluation([0.5, 0.4]))).toBeCloseTo(0.125, 15);
  });

  it('is the plain accuracy where the config says so', () => {
    const config = rewardConfigSchema.parse({ kind: 'accuracy', lastEpochs: 1 });
    expect(rewardOf(evaluation([0.9, 0.4]), config)).toBe(0.4);
  });

  it('is 80 / perplexity² for language models (§4.2)', () => {
    const config = rewardConfigSchema.parse({ kind: 'inverse-square-perplexity' });
    expect(rewardOf(evaluation([200, 100], { metric: 'perplexity' }), config)).toBeCloseTo(80 / 100 ** 2, 15);
  });

  it.each([
    ['inverse-perplexity', {}, 80 / 100],
    ['inverse-perplexity', { c: 2 }, 2 / 100],
    ['inverse-loss', {}, 1 / (1 + Math.log(100))],
  ] as const)('is %s for language models, where the config %o says so', (kind, options, expected) => {
    const config = rewardConfigSchema.parse({ kind, ...options });
    const rewarded = evaluation([200, 100], { metric: 'perplexity' });
    expect(rewardOf(rewarded, config)).toBeCloseTo(expected, 12);
    expect(rewardOf(evaluation([200, 101], { metric: 'perplexity' }), config)).toBeLessThan(expected);
    expect(() => rewardOf(evaluation([0.5]), config)).toThrow(/made from perplexity/);
  });

  it('of the greatest perplexity is still above that of a failed child', () => {
    for (const kind of ['inverse-square-perplexity', 'inverse-perplexity', 'inverse-loss'] as const) {
      const config = rewardConfigSchema.parse({ kind });
      expect(rewardOf(evaluation([1e100], { metric: 'perplexity' }), config)).toBeGreaterThan(config.failed);
    }
  });

  it.each<Outcome>([
    { kind: 'diverged', epoch: 2, detail: 'loss is NaN' },
    { kind: 'too-large', measure: 'parameters', value: 9, limit: 8 },
    { kind: 'out-of-memory', detail: 'killed' },
    { kind: 'timed-out', limitMs: 1000 },
  ])('of the outcome $kind is the failure reward, whatever the curve shows', (outcome) => {
    expect(rewardOf(evaluation([0.9, Number.NaN], { outcome }))).toBe(0);
    expect(rewardOf(evaluation([0.9], { outcome }), { ...DEFAULT_REWARD, failed: -1 })).toBe(-1);
  });

  it('of a child that was stopped early is that of its curve so far', () => {
    const outcome: Outcome = { kind: 'stopped', epoch: 2, rule: 'median', detail: 'below the median' };
    expect(rewardOf(evaluation([0.5, 0.4], { outcome }))).toBeCloseTo(0.5 ** 3, 15);
    expect(() => rewardOf(evaluation([], { outcome }))).toThrow(/"stopped".*no epoch/s);
    expect(() => rewardOf(evaluation([0.5], { outcome, split: 'test' }))).toThrow(/test/);
  });

  it('refuses the test split, also in epochs that it would not read and in failed trials', () => {
    const seen = evaluation([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    const [first, ...rest] = seen.curve;
    if (first === undefined) throw new Error('the curve is empty');
    const leaked = {
      ...seen,
      curve: [{ ...first, score: { ...first.score, split: 'test' as const } }, ...rest],
    };
    expect(() => rewardOf(leaked)).toThrow(RewardRefusedError);
    expect(() => rewardOf(leaked)).toThrow(/split "test".*validation/s);
    expect(() => rewardOf({ ...leaked, outcome: { kind: 'diverged', epoch: 1, detail: '' } })).toThrow(
      /test/,
    );
  });

  it('accepts a table whose evaluator declares its reward column', () => {
    expect(rewardOf(evaluation([0.5], { split: 'benchmark' }))).toBeCloseTo(0.125, 15);
  });

  it('refuses a metric that it is not defined on, before the first trial', () => {
    expect(() => assertRewardable({ split: 'validation', metric: 'perplexity' }, DEFAULT_REWARD)).toThrow(
      /made from accuracy.*perplexity.*inverse-square-perplexity/s,
    );
  });

  it.each([-0.1, 1.2, 93.4, Number.NaN])('refuses the accuracy %d of a completed child', (value) => {
    expect(() => rewardOf(evaluation([value]))).toThrow(/epoch 1.*fraction in \[0, 1\]/s);
  });

  it('refuses a completed evaluation without epochs', () => {
    expect(() => rewardOf(evaluation([]))).toThrow(/no epoch/);
  });

  it('refuses a misspelt key in its config', () => {
    expect(() => rewardConfigSchema.parse({ kind: 'accuracy', lastEpoch: 5 })).toThrow(/lastEpoch/);
  });
});
