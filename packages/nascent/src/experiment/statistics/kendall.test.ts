import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scipy } from '../../../test/scipy/reference.ts';
import { randomStream } from '../../random.ts';
import { kendallTau, kendallTauInterval } from './kendall.ts';

/** The definition, pair by pair. */
function tauByPairs(x: readonly number[], y: readonly number[]): number | null {
  let difference = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const dx = Math.sign((x[i] ?? 0) - (x[j] ?? 0));
      const dy = Math.sign((y[i] ?? 0) - (y[j] ?? 0));
      difference += dx * dy;
      untiedX += Math.abs(dx);
      untiedY += Math.abs(dy);
    }
  }
  return untiedX === 0 || untiedY === 0 ? null : difference / Math.sqrt(untiedX * untiedY);
}

describe('Kendall’s τ-b', () => {
  it.each(Object.entries(scipy.kendall))('agrees with SciPy: %s', (_, { x, y, tau }) => {
    expect(kendallTau(x, y)).toBeCloseTo(tau, 12);
  });

  it('equals its definition over all pairs, ties and all', () => {
    const point = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.double({ min: -3, max: 3, noNaN: true }));
    fc.assert(
      fc.property(fc.array(point, { maxLength: 30 }), (points) => {
        const x = points.map(([value]) => value);
        const y = points.map(([, value]) => Math.round(2 * value));
        const expected = tauByPairs(x, y);
        if (expected === null) expect(kendallTau(x, y)).toBeNull();
        else expect(kendallTau(x, y)).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('is undefined where one of the scores never differs', () => {
    expect(kendallTau([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(kendallTau([1], [1])).toBeNull();
    expect(kendallTau([], [])).toBeNull();
  });
});

describe('bootstrap interval of τ-b', () => {
  const { x = [], y = [] } = scipy.kendall['many'] ?? {};

  it('holds the estimate, and is about as wide as the spread of τ over samples', () => {
    const interval = kendallTauInterval(x, y, randomStream(1, 'tau'));
    expect(interval?.estimate).toBeCloseTo(kendallTau(x, y) ?? Number.NaN, 12);
    expect(interval?.low).toBeLessThan(interval?.estimate ?? 0);
    expect(interval?.high).toBeGreaterThan(interval?.estimate ?? 1);
    expect((interval?.high ?? 1) - (interval?.low ?? 0)).toBeLessThan(0.15);
  });

  it('a perfect order stays perfect in every resample', () => {
    const rising = Array.from({ length: 12 }, (_, i) => i);
    expect(kendallTauInterval(rising, rising, randomStream(1))).toEqual({ estimate: 1, low: 1, high: 1 });
  });

  it('is the same for the same stream, and undefined where τ is', () => {
    expect(kendallTauInterval(x, y, randomStream(4))).toEqual(kendallTauInterval(x, y, randomStream(4)));
    expect(kendallTauInterval([1, 1], [1, 2], randomStream(4))).toBeNull();
  });
});
