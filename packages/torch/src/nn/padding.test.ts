import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samePadding } from './padding.ts';

describe('SAME padding', () => {
  it('is symmetric at stride 1 with an odd kernel', () => {
    expect(samePadding(32, 3, 1)).toEqual({ before: 1, after: 1 });
    expect(samePadding(7, 5, 1)).toEqual({ before: 2, after: 2 });
  });

  it('puts the odd pixel at the bottom and right', () => {
    expect(samePadding(32, 3, 2)).toEqual({ before: 0, after: 1 });
    expect(samePadding(32, 4, 1)).toEqual({ before: 1, after: 2 });
  });

  it('gives ⌈n / stride⌉ outputs for every length, kernel, stride and dilation', () => {
    const small = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        small,
        small,
        fc.integer({ min: 1, max: 3 }),
        (n, k, s, d) => {
          const { before, after } = samePadding(n, k, s, d);
          expect(Math.floor((n + before + after - d * (k - 1) - 1) / s) + 1).toBe(Math.ceil(n / s));
          expect(after - before === 0 || after - before === 1).toBe(true);
        },
      ),
    );
  });
});
