import { expect, it } from 'vitest';
import { describeSample } from './describe-sample.ts';

it('mean, standard deviation with n − 1, standard error', () => {
  expect(describeSample([2, 4, 4, 6])).toEqual({
    count: 4,
    mean: 4,
    std: Math.sqrt(8 / 3),
    standardError: Math.sqrt(8 / 3) / 2,
  });
  expect(describeSample([7])).toEqual({ count: 1, mean: 7, std: null, standardError: null });
  expect(describeSample([])).toBeNull();
});
