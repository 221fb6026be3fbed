import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advantagesOf,
  type BaselineKind,
  leaveOneOutMeans,
  normalised,
  updatedBaseline,
} from './baseline.ts';

const reward = fc.double({ min: -10, max: 10, noNaN: true });
const kind = fc.constantFrom<BaselineKind>('moving-average', 'leave-one-out');
const before = fc.option(reward, { nil: null });

describe('baseline', () => {
  it('excludes the sample it is subtracted from', () => {
    fc.assert(
      fc.property(
        fc.array(reward, { minLength: 1, maxLength: 9 }),
        reward,
        before,
        kind,
        (rewards, other, b, how) => {
          const k = rewards.length - 1;
          const changed = [...rewards.slice(0, k), other];
          const baselineOf = (all: number[]) => (all[k] ?? 0) - (advantagesOf(all, b, how)[k] ?? 0);
          expect(baselineOf(changed)).toBeCloseTo(baselineOf(rewards), 9);
        },
      ),
    );
  });

  it('is the exponential moving average of the rewards before the minibatch (§3.2)', () => {
    expect(updatedBaseline(1, [2, 4], 0.5)).toBe(0.5 * (0.5 * 1 + 0.5 * 2) + 0.5 * 4);
    expect(advantagesOf([3, 5], 2, 'moving-average')).toEqual([1, 3]);
  });

  it('starts at the mean of the first minibatch, whose own samples are compared with each other', () => {
    expect(updatedBaseline(null, [1, 3], 0.9)).toBe(2);
    expect(advantagesOf([1, 3, 5], null, 'moving-average')).toEqual([1 - 4, 3 - 3, 5 - 2]);
  });

  it('is zero for a first minibatch of one sample, which has nothing to be compared with', () => {
    expect(advantagesOf([0.7], null, 'moving-average')).toEqual([0.7]);
  });

  it('leave-one-out › ignores the moving average and centres the minibatch', () => {
    expect(leaveOneOutMeans([1, 2, 6])).toEqual([4, 3.5, 1.5]);
    const advantages = advantagesOf([1, 2, 6], 100, 'leave-one-out');
    expect(advantages.reduce((sum, a) => sum + a, 0)).toBeCloseTo(0, 12);
  });

  it('stays where no rewards came', () => {
    expect(updatedBaseline(0.3, [], 0.9)).toBe(0.3);
    expect(updatedBaseline(null, [], 0.9)).toBeNull();
  });

  it('normalised advantages › have root mean square 1 and keep their signs; zeros stay zeros', () => {
    const scaled = normalised([0.003, -0.004]);
    expect(Math.hypot(...scaled) / Math.sqrt(2)).toBeCloseTo(1, 12);
    expect(scaled[0]).toBeGreaterThan(0);
    expect(scaled[1]).toBeLessThan(0);
    expect(normalised([0, 0])).toEqual([0, 0]);
  });
});
