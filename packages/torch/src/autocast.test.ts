import { describe, expect, it } from 'vitest';
import {
  autocast,
  conv2d,
  crossEntropy,
  gradients,
  linear,
  randn,
  scope,
  type Tensor,
  tensor,
} from './index.ts';

const region = { dtype: 'bfloat16' } as const;

describe('autocast', () => {
  it('multiplies in bfloat16 and ends with the callback', () => {
    scope(() => {
      const [x, w] = [randn([2, 3]), randn([4, 3])];
      expect(autocast(region, () => linear(x, w).dtype)).toBe('bfloat16');
      expect(autocast(region, () => conv2d(randn([1, 3, 4, 4]), randn([2, 3, 3, 3])).dtype)).toBe('bfloat16');
      expect(linear(x, w).dtype).toBe('float32');
      expect(() =>
        autocast(region, () => {
          throw new Error('mine');
        }),
      ).toThrow('mine');
      expect(linear(x, w).dtype).toBe('float32');
    });
  });

  it('gradients of float32 weights are float32 and near those without it', () => {
    scope(() => {
      const [x, w] = [randn([8, 32]), randn([10, 32], { requiresGrad: true })];
      const labels = tensor([0, 1, 2, 3, 4, 5, 6, 7], { dtype: 'int64' });
      const loss = (): Tensor => crossEntropy(linear(x, w).to('float32'), labels);
      const [exact] = gradients(loss(), [w]);
      const [low] = gradients(autocast(region, loss), [w]);
      expect(low?.dtype).toBe('float32');
      const distance =
        (exact as Tensor)
          .sub(low as Tensor)
          .norm()
          .item() / (exact as Tensor).norm().item();
      expect(distance).toBeGreaterThan(0);
      expect(distance).toBeLessThan(0.05);
    });
  });

  it('sees new weights in the next region: the low-precision copies are dropped', () => {
    scope(() => {
      const [x, w] = [tensor([[1]]), tensor([[2]], { requiresGrad: true })];
      const once = (): number => autocast(region, () => autocast(region, () => linear(x, w)).item());
      expect(once()).toBe(2);
      w.detach().fill_(3);
      expect(once()).toBe(3);
    });
  });

  it('refuses other dtypes and asynchronous callbacks', async () => {
    expect(() => autocast({ dtype: 'float64' as 'bfloat16' }, () => 1)).toThrow(/bfloat16/);
    // @ts-expect-error the region ends before the promise settles
    expect(() => autocast(region, async () => 1)).toThrow(/promise/);
  });
});
