import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evaluation } from './evaluation.ts';
import { EvaluationInvalidError, parseEpochReport, parseEvaluation } from './parse.ts';

const epoch = {
  epoch: 1,
  trainingLoss: 2.3,
  score: { split: 'validation', metric: 'accuracy', value: 0.4 },
  elapsedMs: 12,
};
const evaluation = { outcome: { kind: 'completed' }, curve: [epoch], parameters: 100, facts: { flops: 1e6 } };

describe('evaluations at process and store edges', () => {
  it('what an evaluator returns survives JSON, bit for bit', () => {
    const curves = fc.array(
      fc.record({
        trainingLoss: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e300 }),
        value: fc.double({ noNaN: true, min: 0, max: 1 }),
      }),
    );
    fc.assert(
      fc.property(curves, fc.option(fc.nat()), (points, parameters) => {
        const original: Evaluation = {
          outcome: { kind: 'completed' },
          curve: points.map(({ trainingLoss, value }, i) => ({
            epoch: i + 1,
            trainingLoss: trainingLoss + 0, // JSON has no −0
            score: { split: 'validation', metric: 'accuracy', value: value + 0 },
            elapsedMs: i,
          })),
          parameters,
          facts: {},
        };
        expect(parseEvaluation(JSON.parse(JSON.stringify(original)), 'test')).toEqual(original);
      }),
    );
  });

  it('a loss that stopped being finite stays so across JSON', () => {
    const report = JSON.parse(JSON.stringify({ ...epoch, trainingLoss: Number.POSITIVE_INFINITY }));
    expect(parseEpochReport(report, 'worker 1').trainingLoss).toBeNaN();
    expect(parseEpochReport({ ...epoch, trainingLoss: Number.NaN }, 'worker 1').trainingLoss).toBeNaN();
  });

  it.each([
    ['an accuracy in per cent', { ...epoch, score: { ...epoch.score, value: 40 } }, /score\.value/],
    ['a score without its split', { ...epoch, score: { metric: 'accuracy', value: 0.4 } }, /score\.split/],
    [
      'an accuracy that is not a number',
      { ...epoch, score: { ...epoch.score, value: Number.NaN } },
      /score\.value/,
    ],
    ['epoch 0', { ...epoch, epoch: 0 }, /epoch/],
    ['a key nobody knows', { ...epoch, accuracy: 0.4 }, /accuracy/],
  ])('refuses %s and names it', (_, report, fault) => {
    expect(() => parseEpochReport(report, 'worker 3')).toThrow(EvaluationInvalidError);
    expect(() => parseEpochReport(report, 'worker 3')).toThrow(fault);
    expect(() => parseEpochReport(report, 'worker 3')).toThrow(/worker 3/);
  });

  it('refuses a curve whose epochs do not rise, and facts that are not finite', () => {
    expect(() => parseEvaluation({ ...evaluation, curve: [epoch, epoch] }, 'test')).toThrow(
      /epochs must rise/,
    );
    expect(() => parseEvaluation({ ...evaluation, facts: { flops: Infinity } }, 'test')).toThrow(/flops/);
    expect(parseEvaluation(evaluation, 'test').parameters).toBe(100);
  });

  it('a child that was too large says by which measure; one from an old study by its parameters', () => {
    const outcomeOf = (outcome: unknown) => parseEvaluation({ ...evaluation, outcome }, 'test').outcome;
    const now = { kind: 'too-large', measure: 'flops', value: 2e9, limit: 1e9 };
    expect(outcomeOf(now)).toEqual(now);
    expect(outcomeOf({ kind: 'too-large', parameters: 900, limit: 800 })).toEqual({
      kind: 'too-large',
      measure: 'parameters',
      value: 900,
      limit: 800,
    });
    expect(() => outcomeOf({ kind: 'too-large', measure: 'flops', limit: 1 })).toThrow(/outcome\.value/);
    expect(() => outcomeOf({ ...now, measure: 'depth' })).toThrow(/outcome\.measure/);
  });
});
