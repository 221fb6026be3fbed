import { describe, expect, it } from 'vitest';
import { scipy } from '../../../test/scipy/reference.ts';
import { randomStream } from '../../random.ts';
import { DRAWN_PATTERNS, signFlipTest } from './sign-flip.ts';

describe('sign-flip test', () => {
  const enumerable = Object.entries(scipy.paired).filter(([, { signFlip }]) => signFlip !== undefined);
  it.each(enumerable)('counts every pattern, as SciPy does: %s', (_, { differences, signFlip }) => {
    expect(signFlipTest(differences, randomStream(1))).toEqual({ p: signFlip, exact: true });
  });

  it('draws patterns where there are too many, and is then close to the t-test of a smooth sample', () => {
    const differences = Array.from({ length: 40 }, (_, i) => Math.sin(i * 1.7) + 0.2);
    const { p, exact } = signFlipTest(differences, randomStream(3, 'flip'));
    expect(exact).toBe(false);
    expect(p).toBeGreaterThan(0.04); // SciPy's t-test of these says 0.0595
    expect(p).toBeLessThan(0.12);
  });

  it('drawn patterns count the observed one, so p is never zero', () => {
    const differences = new Array<number>(60).fill(1);
    expect(signFlipTest(differences, randomStream(1)).p).toBe(1 / (DRAWN_PATTERNS + 1));
  });

  it('the same stream gives the same p', () => {
    const differences = Array.from({ length: 33 }, (_, i) => Math.cos(i * i));
    const once = signFlipTest(differences, randomStream(5, 'flip'));
    expect(signFlipTest(differences, randomStream(5, 'flip'))).toEqual(once);
  });
});
