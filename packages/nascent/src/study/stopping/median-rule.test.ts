import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveOf } from '../../../test/fixtures/learning-curves.ts';
import { medianVerdict } from './median-rule.ts';
import { type MedianRule, stoppingSchema } from './rule.ts';

const rule: MedianRule = { rule: 'median', after: 1, warmUpTrials: 3 };
const completed = (...curves: number[][]) =>
  curves.map((curve) => ({ curve: curveOf(curve), completed: true }));

describe('the median stopping rule', () => {
  // Running averages by epoch 2: 0.25, 0.5, 0.375; their median: 0.375.
  const earlier = completed([0.125, 0.375, 0.9], [0.5, 0.5, 0.9], [0.25, 0.5, 0.9]);

  it('compares the best score so far with the median of the running averages of completed trials', () => {
    expect(medianVerdict(rule, curveOf([0.25, 0.374]), earlier)).toEqual({
      kind: 'stopped',
      epoch: 2,
      rule: 'median',
      detail:
        'best accuracy 37.40 % by epoch 2, worse than accuracy 37.50 %, the median of the running averages of 3 ' +
        'completed trials',
    });
    expect(medianVerdict(rule, curveOf([0.25, 0.375]), earlier), 'as good is good enough').toBeNull();
    expect(medianVerdict(rule, curveOf([0.4, 0.1]), earlier), 'its best counts, not its last').toBeNull();
  });

  it('of an even number of trials takes the mean of the two in the middle', () => {
    const four = [...earlier, ...completed([0.5, 0.75, 0.9])]; // averages 0.25, 0.375, 0.5, 0.625
    expect(medianVerdict(rule, curveOf([0.4375]), completed([0.25], [0.375], [0.5], [0.625]))).toBeNull();
    expect(medianVerdict(rule, curveOf([0.1, 0.43]), four)).not.toBeNull();
    expect(medianVerdict(rule, curveOf([0.1, 0.4375]), four)).toBeNull();
  });

  it('says nothing before its first epoch, nor before enough trials were trained to the end', () => {
    const hopeless = curveOf([0, 0]);
    expect(medianVerdict({ ...rule, after: 3 }, hopeless, earlier)).toBeNull();
    expect(medianVerdict({ ...rule, after: 2 }, hopeless, earlier)).not.toBeNull();
    expect(medianVerdict({ ...rule, warmUpTrials: 4 }, hopeless, earlier)).toBeNull();
    const stopped = { curve: curveOf([0.9, 0.9]), completed: false };
    expect(medianVerdict({ ...rule, warmUpTrials: 4 }, hopeless, [...earlier, stopped])).toBeNull();
  });

  it('stops the same children by perplexity, where less is better', () => {
    const sixteenths = fc.array(fc.integer({ min: 0, max: 16 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(sixteenths, fc.array(sixteenths, { minLength: 3, maxLength: 8 }), (child, others) => {
        const accuracy = medianVerdict(
          rule,
          curveOf(child.map((k) => k / 16)),
          completed(...others.map((curve) => curve.map((k) => k / 16))),
        );
        const perplexity = medianVerdict(
          rule,
          curveOf(
            child.map((k) => 2 - k / 16),
            'perplexity',
          ),
          others.map((curve) => ({
            curve: curveOf(
              curve.map((k) => 2 - k / 16),
              'perplexity',
            ),
            completed: true,
          })),
        );
        expect(perplexity?.epoch).toBe(accuracy?.epoch);
      }),
    );
  });

  it('judges from the first epoch, after five completed trials, unless the config says otherwise', () => {
    expect(stoppingSchema.parse({ rule: 'median' })).toEqual({ rule: 'median', after: 1, warmUpTrials: 5 });
  });
});
