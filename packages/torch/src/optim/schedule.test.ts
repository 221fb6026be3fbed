import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantSchedule, cosineSchedule, stepSchedule, warmup } from './schedule.ts';

describe('learning-rate schedules', () => {
  it('constant › is 1 throughout', () => {
    expect([0, 0.3, 1].map(constantSchedule())).toEqual([1, 1, 1]);
  });

  it('step › multiplies by the factor at each fraction, the fraction itself included', () => {
    const schedule = stepSchedule({ at: [0.5, 0.75], factor: 0.1 });
    expect(schedule(0)).toBe(1);
    expect(schedule(0.4999)).toBe(1);
    expect(schedule(0.5)).toBeCloseTo(0.1, 12);
    expect(schedule(0.75)).toBeCloseTo(0.01, 12);
    expect(schedule(1)).toBeCloseTo(0.01, 12);
  });

  it('cosine › starts at 1, is halfway in the middle and ends at the final factor', () => {
    const schedule = cosineSchedule({ final: 0.2 });
    expect(schedule(0)).toBe(1);
    expect(schedule(0.5)).toBeCloseTo(0.6, 12);
    expect(schedule(1)).toBeCloseTo(0.2, 12);
    expect(schedule(1.5)).toBeCloseTo(0.2, 12);
  });

  it('cosine › never rises', () => {
    const schedule = cosineSchedule();
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b) => {
          expect(schedule(Math.max(a, b))).toBeLessThanOrEqual(schedule(Math.min(a, b)));
        },
      ),
    );
  });

  it('warm-up › rises linearly and then leaves the following schedule alone', () => {
    const schedule = warmup({ over: 0.1, from: 0.2 }, stepSchedule({ at: [0.5], factor: 0.1 }));
    expect(schedule(0)).toBeCloseTo(0.2, 12);
    expect(schedule(0.05)).toBeCloseTo(0.6, 12);
    expect(schedule(0.1)).toBe(1);
    expect(schedule(0.6)).toBeCloseTo(0.1, 12);
  });

  it('warm-up › over nothing is no warm-up', () => {
    expect(warmup({ over: 0 }, constantSchedule())(0)).toBe(1);
  });

  it('refuses a fraction outside [0, 1], naming the option', () => {
    expect(() => stepSchedule({ at: [60], factor: 0.1 })).toThrow(/stepSchedule: at is 60; give a fraction/);
    expect(() => warmup({ over: 5 }, constantSchedule())).toThrow(/warmup: over is 5/);
  });
});
