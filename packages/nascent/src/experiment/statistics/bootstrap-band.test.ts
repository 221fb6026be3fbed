import { describe, expect, it } from 'vitest';
import { randomStream } from '../../random.ts';
import { bootstrapBand } from './bootstrap-band.ts';

const curves = (...rows: readonly number[][]) => rows.map((row) => Float64Array.from(row));
const none = Number.NaN;

describe('bootstrap band', () => {
  it('is a mean with an interval that holds it, point by point', () => {
    const rows = Array.from({ length: 50 }, (_, i) => [i, 10 * i]);
    const [first, second] = bootstrapBand(curves(...rows), randomStream(1, 'band'));
    expect(first?.mean).toBe(24.5);
    // The standard error is 14.43 / √50 = 2.04, so the interval is about 24.5 ± 4.0.
    expect(first?.band?.low).toBeGreaterThan(19.5);
    expect(first?.band?.low).toBeLessThan(21.5);
    expect(first?.band?.high).toBeGreaterThan(27.5);
    expect(first?.band?.high).toBeLessThan(29.5);
    // The same curves are drawn at every point.
    expect(second?.band?.low).toBeCloseTo(10 * (first?.band?.low ?? 0), 9);
  });

  it('has no band around a single curve', () => {
    expect(bootstrapBand(curves([1, 2]), randomStream(1))).toEqual([
      { mean: 1, band: null, count: 1 },
      { mean: 2, band: null, count: 1 },
    ]);
  });

  it('is undefined where fewer than half of the curves have a value', () => {
    const band = bootstrapBand(curves([none, 1, 1], [none, none, 3], [none, none, none]), randomStream(1));
    expect(band[0]).toBeNull();
    expect(band[1]).toBeNull();
    expect(band[2]).toMatchObject({ mean: 2, count: 2 });
  });

  it('no curves, no points', () => {
    expect(bootstrapBand([], randomStream(1))).toEqual([]);
  });
});
