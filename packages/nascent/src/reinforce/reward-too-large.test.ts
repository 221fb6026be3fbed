import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../evaluation/evaluation.ts';
import { rewardConfigSchema, rewardOf } from './reward.ts';

const config = (tooLarge?: unknown) => rewardConfigSchema.parse({ kind: 'accuracy', failed: -1, tooLarge });
const refused = (outcome: Outcome) => ({ outcome, curve: [], parameters: null, facts: {} });
const tooLarge = (value: number, limit: number) =>
  refused({ kind: 'too-large', measure: 'parameters', value, limit });

describe('the reward of a child that is too large', () => {
  it('is that of a failed child, unless the config says otherwise', () => {
    expect(rewardOf(tooLarge(900, 100), config())).toBe(-1);
    expect(rewardOf(tooLarge(900, 100), config('failed'))).toBe(-1);
  });

  it('graded: twice as large as allowed lies half the span below `failed`', () => {
    const graded = config({ kind: 'graded', span: 0.5 });
    expect(rewardOf(tooLarge(200, 100), graded)).toBe(-1.25);
    expect(rewardOf(tooLarge(1e12, 100), graded)).toBeCloseTo(-1.5, 9);
  });

  it('graded: the larger, the less; never above `failed`, never a whole span below it', () => {
    const graded = config({ kind: 'graded', span: 0.1 });
    const factor = fc.double({ min: 1.001, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(factor, factor, (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((by) =>
          rewardOf(tooLarge(by * 1e6, 1e6), graded),
        );
        expect(more).toBeLessThanOrEqual(less ?? Number.NaN);
        expect(less).toBeLessThanOrEqual(-1);
        expect(more).toBeGreaterThan(-1.1);
      }),
    );
  });

  it('graded: other failures earn the constant', () => {
    const graded = config({ kind: 'graded' });
    expect(rewardOf(refused({ kind: 'out-of-memory', detail: '' }), graded)).toBe(-1);
  });
});
