import { describe, expect, it } from 'vitest';
import { scipy } from '../../../test/scipy/reference.ts';
import { randomStream } from '../../random.ts';
import { comparePaired, studentTwoSidedP } from './paired-comparison.ts';

const compare = (differences: readonly number[]) => comparePaired(differences, randomStream(1, 'test'));

describe('paired comparison', () => {
  it.each(Object.entries(scipy.paired))('agrees with SciPy: %s', (_, expected) => {
    const found = compare(expected.differences);
    expect(found?.pairs).toBe(expected.differences.length);
    expect(found?.mean).toBeCloseTo(expected.mean, 12);
    expect(found?.std).toBeCloseTo(expected.std, 12);
    expect(found?.tTest?.t).toBeCloseTo(expected.t, 9);
    expect((found?.tTest?.p ?? Number.NaN) / expected.p).toBeCloseTo(1, 7);
    expect(found?.interval?.low).toBeCloseTo(expected.low, 6);
    expect(found?.interval?.high).toBeCloseTo(expected.high, 6);
    expect(found?.dz).toBeCloseTo(expected.dz, 9);
  });

  it.each(scipy.tails)('the tail of t = $t with $df degrees of freedom agrees with SciPy', ({ t, df, p }) => {
    expect(studentTwoSidedP(t, df) / p).toBeCloseTo(1, 7);
    expect(studentTwoSidedP(-t, df)).toBe(studentTwoSidedP(t, df));
  });

  it('one pair has a difference, and nothing that would judge it', () => {
    expect(compare([0.5])).toEqual({
      pairs: 1,
      mean: 0.5,
      std: null,
      interval: null,
      tTest: null,
      signFlip: null,
      dz: null,
    });
    expect(compare([])).toBeNull();
  });

  it('differences that are all zero are no difference', () => {
    expect(compare([0, 0, 0])).toMatchObject({
      interval: { low: 0, high: 0 },
      tTest: { t: 0, p: 1 },
      signFlip: { p: 1 },
      dz: null,
    });
  });

  it('equal differences have no spread: t has no bound, the sign-flip test still counts patterns', () => {
    expect(compare([2, 2, 2])).toMatchObject({
      tTest: { t: Infinity, p: 0 },
      signFlip: { p: 0.25 },
      dz: null,
    });
  });
});
