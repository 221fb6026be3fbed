import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveOf } from '../../../test/fixtures/learning-curves.ts';
import type { Evaluation } from '../../evaluation/evaluation.ts';
import { KnownCurves } from './known-curves.ts';
import type { StoppingRule } from './rule.ts';
import { shareTrained, stopAfter } from './stop-after.ts';

const median: StoppingRule = { rule: 'median', after: 1, warmUpTrials: 1 };
const asha: StoppingRule = { rule: 'asha', firstRung: 1, factor: 2 };
const completed = { kind: 'completed' } as const;
const whole = (values: readonly number[], facts: Record<string, number> = {}): Evaluation => ({
  outcome: completed,
  curve: curveOf(values),
  parameters: 9,
  facts,
});

describe('the curves that a search knows', () => {
  it.each([median, asha])('$rule: nothing is stopped before a trial was trained to the end', (rule) => {
    const known = new KnownCurves(rule);
    known.ended(1, curveOf([0.9]), { kind: 'diverged', epoch: 2, detail: 'NaN' });
    expect(known.judge(2, curveOf([0.1]))).toBeNull();
    known.ended(3, curveOf([0.9, 0.9]), completed);
    expect(known.judge(2, curveOf([0.1]))).toMatchObject({ kind: 'stopped', epoch: 1 });
  });

  it.each([median, asha])(
    '$rule: nothing is stopped at the last epoch, where nothing is left to save',
    (rule) => {
      const known = new KnownCurves(rule);
      known.ended(1, curveOf([0.9, 0.9]), completed);
      expect(known.judge(2, curveOf([0.1, 0.1]))).toBeNull();
      known.ended(3, curveOf([0.9, 0.9, 0.9]), completed);
      expect(known.judge(2, curveOf([0.1, 0.1]))).not.toBeNull();
    },
  );

  it('a child is not compared with itself, nor with an attempt of its own that is void', () => {
    const known = new KnownCurves(asha);
    known.ended(1, curveOf([0.5, 0.5]), completed);
    expect(known.judge(2, curveOf([0.6]))).toBeNull();
    known.forget(2);
    expect(known.judge(3, curveOf([0.55])), 'trial 2 has reached no rung').toBeNull();
  });

  it('asha counts a child that is still in training', () => {
    const known = new KnownCurves(asha);
    known.ended(1, curveOf([0.5, 0.5]), completed);
    expect(known.judge(2, curveOf([0.6]))).toBeNull();
    expect(known.judge(3, curveOf([0.55]))).not.toBeNull();
  });

  it.each([median, asha])(
    '$rule: replaying whole curves is the same as judging them as they come',
    (rule) => {
      const sixteenths = fc.array(fc.integer({ min: 0, max: 16 }), { minLength: 1, maxLength: 6 });
      fc.assert(
        fc.property(fc.array(sixteenths, { minLength: 1, maxLength: 12 }), (curves) => {
          const replayed = new KnownCurves(rule);
          const live = new KnownCurves(rule);
          for (const [i, values] of curves.entries()) {
            const evaluation = whole(values.map((k) => k / 16));
            let stopped = null;
            let epochs = 0;
            while (stopped === null && epochs < values.length) {
              stopped = live.judge(i, evaluation.curve.slice(0, ++epochs));
            }
            live.ended(i, evaluation.curve.slice(0, epochs), stopped ?? completed);
            expect(replayed.replay(i, evaluation)).toEqual(stopped);
          }
        }),
      );
    },
  );
});

describe('an evaluation that was cut', () => {
  const outcome = { kind: 'stopped', epoch: 2, rule: 'median', detail: '' } as const;

  it('keeps its curve so far and its parameters, and is charged what it trained', () => {
    const evaluation = whole([0.1, 0.2, 0.3, 0.4, 0.5], { simulatedSeconds: 100, flops: 8 });
    expect(stopAfter(evaluation, outcome)).toEqual({
      outcome,
      curve: curveOf([0.1, 0.2]),
      parameters: 9,
      facts: { simulatedSeconds: 40, flops: 8 },
    });
    expect(shareTrained(evaluation, 2)).toBe(0.4);
  });

  it('of an evaluator that stopped by itself stays as it is', () => {
    const evaluation = whole([0.1, 0.2], { simulatedSeconds: 40 });
    expect(stopAfter(evaluation, outcome)).toEqual({ ...evaluation, outcome });
    expect(shareTrained({ ...evaluation, curve: [] }, 2)).toBe(1);
  });
});
