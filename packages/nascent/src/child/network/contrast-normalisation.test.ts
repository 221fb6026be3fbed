import { Generator, gradients, noGrad, randn, scope, type Tensor, tensor } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { ContrastNormalisation } from './contrast-normalisation.ts';

describe('the gradient of contrast normalisation', () => {
  it.each([
    [3, 3],
    [2, 5],
  ] as const)('is that of finite differences, window %i × %i', (height, width) => {
    scope(() => {
      const generator = new Generator(4);
      const shape = [2, 3, 4, 5];
      const module = new ContrastNormalisation([height, width]);
      const direction = randn(shape, { generator }).to('float64');
      const start = Float64Array.from(randn(shape, { generator }).toFloat32());
      const at = (values: Float64Array): Tensor => tensor(values, { shape, dtype: 'float64' });
      const loss = (input: Tensor): Tensor => module.forward(input).mul(direction).sum();
      const input = at(start).setRequiresGrad(true);
      const [analytic] = gradients(loss(input), [input]).map((gradient) => gradient.toNumbers());
      const step = 1e-5;
      for (const [element, value] of start.entries()) {
        const moved = (by: number): number =>
          scope(() => noGrad(() => loss(at(start.with(element, value + by))).item()));
        const numeric = (moved(step) - moved(-step)) / (2 * step);
        expect(analytic?.[element]).toBeCloseTo(numeric, 6);
      }
    });
  });
});
