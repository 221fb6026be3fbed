import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holmCorrection } from './holm.ts';

describe('Holm’s correction', () => {
  it('multiplies the smallest p by how many there are, the next by one fewer, and never falls', () => {
    // Sorted: 0.005 × 4 = 0.02, 0.01 × 3 = 0.03, 0.03 × 2 = 0.06, 0.04 × 1 = 0.04 → 0.06.
    const corrected = holmCorrection([0.01, 0.04, 0.03, 0.005]);
    for (const [at, expected] of [0.03, 0.06, 0.06, 0.02].entries()) {
      expect(corrected[at]).toBeCloseTo(expected, 12);
    }
  });

  it('leaves a single p as it is, and stays at most 1', () => {
    expect(holmCorrection([0.2])).toEqual([0.2]);
    expect(holmCorrection([0.6, 0.9])).toEqual([1, 1]);
    expect(holmCorrection([])).toEqual([]);
  });

  it('lies between no correction and Bonferroni’s, in the same order', () => {
    const probabilities = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(probabilities, (p) => {
        const corrected = holmCorrection(p);
        for (const [a, pa] of p.entries()) {
          expect(corrected[a]).toBeGreaterThanOrEqual(pa);
          expect(corrected[a]).toBeLessThanOrEqual(Math.min(1, p.length * pa));
          for (const [b, pb] of p.entries())
            if (pa < pb) expect(corrected[a]).toBeLessThanOrEqual(corrected[b] ?? 0);
        }
      }),
    );
  });
});
