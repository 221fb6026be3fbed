import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evaluation, Outcome } from '../evaluation/evaluation.ts';
import { assertEvaluatorSuits, rewardConfigSchema, rewardOf } from './reward.ts';
import { latencyFactor, latencyGoalSchema } from './reward-latency.ts';

const soft = latencyGoalSchema.parse({ targetMs: 80 });
const hard = latencyGoalSchema.parse({ targetMs: 80, constraint: 'hard' });
const config = rewardConfigSchema.parse({ kind: 'accuracy', latency: { targetMs: 80 } });

const score = (value: number) => ({ split: 'validation', metric: 'accuracy', value }) as const;
const evaluation = (
  latencyMs: number | null,
  { outcome = { kind: 'completed' }, accuracy = 0.5 }: { outcome?: Outcome; accuracy?: number } = {},
): Evaluation => ({
  outcome,
  curve: [{ epoch: 1, trainingLoss: 1, score: score(accuracy), elapsedMs: 1 }],
  parameters: 9,
  facts: latencyMs === null ? {} : { latencyMs },
});

describe('latency in the reward (Tan et al. 2019)', () => {
  it('at its target a child earns its plain reward', () => {
    expect(latencyFactor(80, soft)).toBe(1);
    expect(rewardOf(evaluation(80), config)).toBe(0.5);
  });

  it('soft: twice the latency is worth about 5 % more accuracy (§3.1)', () => {
    const slow = rewardOf(evaluation(160, { accuracy: 0.525 }), config);
    expect(slow / rewardOf(evaluation(80), config)).toBeCloseTo(1, 2);
    expect(latencyFactor(40, soft)).toBeGreaterThan(1);
  });

  it('hard: within the target latency does not count, beyond it the reward falls as 1 / latency', () => {
    expect(latencyFactor(1, hard)).toBe(1);
    expect(latencyFactor(80, hard)).toBe(1);
    expect(latencyFactor(160, hard)).toBe(0.5);
    expect(latencyFactor(800, hard)).toBeCloseTo(0.1, 15);
  });

  it('of two children with one accuracy the slower never earns more', () => {
    const latency = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(latency, latency, fc.constantFrom(soft, hard), (a, b, goal) => {
        expect(latencyFactor(Math.max(a, b), goal)).toBeLessThanOrEqual(latencyFactor(Math.min(a, b), goal));
      }),
    );
  });

  it('multiplies the reward of perplexity too', () => {
    const ofPerplexity = rewardConfigSchema.parse({
      kind: 'inverse-square-perplexity',
      latency: { targetMs: 80, exponent: -0.5 },
    });
    const value = { split: 'validation', metric: 'perplexity', value: 10 } as const;
    const measured = {
      ...evaluation(320),
      curve: [{ epoch: 1, trainingLoss: 1, score: value, elapsedMs: 1 }],
    };
    expect(rewardOf(measured, ofPerplexity)).toBeCloseTo(0.8 / 2, 15);
  });

  it('failed children earn what failures earn, however quick', () => {
    expect(rewardOf(evaluation(1, { outcome: { kind: 'timed-out', limitMs: 9 } }), config)).toBe(0);
  });

  it('a trained child without the measurement is refused; one that was stopped before it earns `failed`', () => {
    const outcome: Outcome = { kind: 'stopped', epoch: 1, rule: 'median', detail: '' };
    expect(() => rewardOf(evaluation(null), config)).toThrow(/latencyMs is missing/);
    expect(() => rewardOf(evaluation(0), config)).toThrow(/latencyMs is 0.*above 0/);
    expect(rewardOf(evaluation(null, { outcome }), config)).toBe(0);
    expect(rewardOf(evaluation(80, { outcome }), config)).toBe(0.5);
  });

  it('an evaluator that does not measure latency is refused before the first trial', () => {
    const facts = { score: score(0), datasetChecksum: null, measures: [] };
    expect(() => assertEvaluatorSuits(facts, config)).toThrow(/evaluator\.options\.latency/);
    assertEvaluatorSuits({ ...facts, measures: ['latencyMs'] }, config);
    assertEvaluatorSuits(facts, rewardConfigSchema.parse({ kind: 'accuracy' }));
  });

  it('refuses an exponent that would reward slowness', () => {
    expect(() => latencyGoalSchema.parse({ targetMs: 80, exponent: 0.07 })).toThrow(/exponent/);
  });
});
