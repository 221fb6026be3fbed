import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveOf } from '../../../test/fixtures/learning-curves.ts';
import { ashaVerdict } from './asha-rule.ts';
import { type AshaRule, stoppingSchema } from './rule.ts';

const rule: AshaRule = { rule: 'asha', firstRung: 2, factor: 3 };
const others = (...curves: number[][]) =>
  curves.map((curve) => ({ curve: curveOf(curve), completed: false }));

describe('asynchronous successive halving', () => {
  // At rung 2 they have 0.1, 0.2, 0.3, 0.4, 0.5; one more makes six, of which two go on.
  const five = others([0, 0.1], [0, 0.2], [0.3, 0.1], [0, 0.4], [0, 0.5]);

  it('a child goes on only in the top 1/η of all that reached the rung so far', () => {
    expect(ashaVerdict(rule, curveOf([0, 0.45]), five)).toBeNull();
    expect(ashaVerdict(rule, curveOf([0, 0.4]), five), 'a tie goes on').toBeNull();
    expect(ashaVerdict(rule, curveOf([0, 0.39]), five)).toEqual({
      kind: 'stopped',
      epoch: 2,
      rule: 'asha',
      detail:
        'best accuracy 39.00 % by epoch 2, number 3 of the 6 children at rung 2, of which the first 2 went on',
    });
  });

  it('judges at its rungs only: epochs 2, 6, 18', () => {
    const good = others(Array<number>(18).fill(0.9));
    const stoppedAt = Array.from({ length: 18 }, (_, i) => i + 1).filter(
      (epochs) => ashaVerdict(rule, curveOf(Array<number>(epochs).fill(0.1)), good) !== null,
    );
    expect(stoppedAt).toEqual([2, 6, 18]);
  });

  it('those that were stopped at an earlier rung do not count at a later one', () => {
    const stoppedEarly = others([0.9, 0.9], [0.9, 0.9], [0.9, 0.9]);
    expect(ashaVerdict(rule, curveOf([0.1, 0.1, 0.1, 0.1, 0.1, 0.1]), stoppedEarly)).toBeNull();
  });

  it('the first child at a rung goes on, the second only if it is as good', () => {
    expect(ashaVerdict(rule, curveOf([0, 0]), [])).toBeNull();
    expect(ashaVerdict(rule, curveOf([0, 0.3]), others([0, 0.3]))).toBeNull();
    expect(ashaVerdict(rule, curveOf([0, 0.2]), others([0, 0.3]))).not.toBeNull();
  });

  it('where no report falls on a rung the first after it is judged, once', () => {
    const every = (step: number, value: number, reports: number) =>
      Array.from({ length: reports }, (_, i) => ({
        ...(curveOf([value])[0] as ReturnType<typeof curveOf>[number]),
        epoch: step * (i + 1),
      }));
    const better = [{ curve: every(5, 0.9, 4), completed: true }];
    const stoppedAt = [1, 2, 3, 4].filter(
      (reports) => ashaVerdict(rule, every(5, 0.1, reports), better) !== null,
    );
    expect(stoppedAt).toEqual([1, 2, 4]); // epochs 5 (rung 2), 10 (rung 6), 20 (rung 18)
  });

  it('of n children in any order those that go on at the first rung are never more than the best allow', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 2, max: 5 }),
        (scores, factor) => {
          const seen: number[] = [];
          for (const score of scores) {
            const verdict = ashaVerdict(
              { rule: 'asha', firstRung: 1, factor },
              curveOf([score / 1000]),
              others(...seen.map((value) => [value / 1000])),
            );
            seen.push(score);
            const best = seen
              .toSorted((a, b) => b - a)
              .slice(0, Math.max(1, Math.floor(seen.length / factor)));
            expect(verdict === null).toBe(best.includes(score));
          }
        },
      ),
    );
  });

  it('less perplexity is better', () => {
    const curve = (value: number) => curveOf([value, value], 'perplexity');
    const two = [100, 120].map((value) => ({ curve: curve(value), completed: false }));
    expect(ashaVerdict(rule, curve(90), two)).toBeNull();
    expect(ashaVerdict(rule, curve(110), two)).not.toBeNull();
  });

  it('has its first rung at epoch 1 and keeps a quarter, unless the config says otherwise', () => {
    expect(stoppingSchema.parse({ rule: 'asha' })).toEqual({ rule: 'asha', firstRung: 1, factor: 4 });
  });
});
