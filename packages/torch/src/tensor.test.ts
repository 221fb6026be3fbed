import { describe, expect, it } from 'vitest';
import { arange, ones, scope, type Tensor, tensor, zeros } from './index.ts';

const numbers = (make: () => Tensor): number[] => scope(() => make().toNumbers());
const shape = (make: () => Tensor): readonly number[] => scope(() => make().shape);
const matrix = (): Tensor =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

describe('arithmetic', () => {
  it('broadcasts, and takes numbers', () => {
    expect(numbers(() => matrix().add(tensor([10, 20, 30])))).toEqual([11, 22, 33, 14, 25, 36]);
    expect(numbers(() => matrix().mul(2).sub(1))).toEqual([1, 3, 5, 7, 9, 11]);
    expect(numbers(() => tensor([1, 4]).div(2).pow(2))).toEqual([0.25, 4]);
    expect(numbers(() => matrix().maximum(tensor([2, 2, 2])))).toEqual([2, 2, 3, 4, 5, 6]);
    expect(numbers(() => tensor([-1.5, 2.5]).clamp({ min: -1 }))).toEqual([-1, 2.5]);
    expect(numbers(() => tensor([-1.5, 2.5, 3.5]).round())).toEqual([-2, 2, 4]);
  });

  it('whole numbers keep integer tensors integer; fractions make them float', () => {
    scope(() => {
      const integers = arange(0, 3);
      expect(integers.add(1).dtype).toBe('int64');
      expect(integers.add(0.5).dtype).toBe('float32');
      expect(integers.div(2).dtype).toBe('float32');
      expect(zeros([1], { dtype: 'float64' }).add(1).dtype).toBe('float64');
    });
  });

  it('negative zero stays negative', () => {
    expect(numbers(() => tensor([1]).mul(-0).reciprocal())).toEqual([Number.NEGATIVE_INFINITY]);
  });

  it('in place changes the tensor and returns it', () => {
    scope(() => {
      const w = tensor([1, 2]);
      expect(
        w
          .add_(1)
          .mul_(w)
          .sub_(tensor([1, 1]))
          .div_(2),
      ).toBe(w);
      expect(w.toNumbers()).toEqual([1.5, 4]);
      expect(w.clamp_({ max: 2 }).toNumbers()).toEqual([1.5, 2]);
      expect(w.fill_(-3).relu_().toNumbers()).toEqual([0, 0]);
      expect(w.copyFrom_(ones([1], { dtype: 'int64' })).toNumbers()).toEqual([1, 1]);
      expect(w.zero_().toNumbers()).toEqual([0, 0]);
    });
  });
});

describe('comparison and choice', () => {
  it('gives bool tensors', () => {
    scope(() => {
      const greater = matrix().gt(3);
      expect(greater.dtype).toBe('bool');
      expect(greater.toNumbers()).toEqual([0, 0, 0, 1, 1, 1]);
      expect(greater.logicalNot().logicalAnd(matrix().ge(2)).toNumbers()).toEqual([0, 1, 1, 0, 0, 0]);
      expect(greater.where(matrix(), 0).toNumbers()).toEqual([0, 0, 0, 4, 5, 6]);
      expect(matrix().maskedSelect(greater).toNumbers()).toEqual([4, 5, 6]);
      expect(matrix().eq(matrix()).all().item()).toBe(1);
      expect(tensor([1, Number.NaN, Number.POSITIVE_INFINITY]).isFinite().toNumbers()).toEqual([1, 0, 0]);
    });
  });
});

describe('shape', () => {
  it('views and parts', () => {
    expect(numbers(() => matrix().t())).toEqual([1, 4, 2, 5, 3, 6]);
    expect(shape(() => zeros([2, 3, 4]).permute([2, 0, 1]))).toEqual([4, 2, 3]);
    expect(shape(() => zeros([2, 3, 4]).reshape([-1, 4]))).toEqual([6, 4]);
    expect(shape(() => zeros([2, 1, 4]).squeeze(1).unsqueeze(0))).toEqual([1, 2, 4]);
    expect(shape(() => zeros([2, 3, 4]).flatten(1))).toEqual([2, 12]);
    expect(numbers(() => matrix().slice(1, 0, undefined, 2))).toEqual([1, 3, 4, 6]);
    expect(numbers(() => matrix().slice(1, 1, -1))).toEqual([2, 5]);
    expect(numbers(() => matrix().select(0, -1))).toEqual([4, 5, 6]);
    expect(numbers(() => matrix().repeat([1, 2]).slice(0, 0, 1))).toEqual([1, 2, 3, 1, 2, 3]);
    expect(numbers(() => matrix().flip([1]).roll([1], [0]))).toEqual([6, 5, 4, 3, 2, 1]);
    scope(() =>
      expect(
        matrix()
          .split([1, 2], 1)
          .map((part) => part.shape),
      ).toEqual([
        [2, 1],
        [2, 2],
      ]),
    );
    scope(() =>
      expect(
        matrix()
          .unbind(1)
          .map((part) => part.toNumbers()),
      ).toEqual([
        [1, 4],
        [2, 5],
        [3, 6],
      ]),
    );
  });

  it('a view shares memory, a clone does not', () => {
    scope(() => {
      const base = zeros([2, 2]);
      const [view, clone] = [base.t(), base.clone()];
      base.select(0, 0).fill_(7);
      expect(view.toNumbers()).toEqual([7, 0, 7, 0]);
      expect(clone.toNumbers()).toEqual([0, 0, 0, 0]);
    });
  });

  it('channels last changes the order in memory, not the values', () => {
    scope(() => {
      const image = arange(0, 16, { dtype: 'float32' }).reshape([1, 2, 2, 4]);
      const last = image.contiguous({ channelsLast: true });
      expect(last.strides).toEqual([16, 1, 8, 2]);
      expect(last.isContiguous()).toBe(false);
      expect(last.toArray()).toEqual(image.toArray());
      expect(last.contiguous().strides).toEqual([16, 8, 4, 1]);
    });
  });
});

describe('reductions', () => {
  it('over all or some dimensions', () => {
    expect(numbers(() => matrix().sum())).toEqual([21]);
    expect(numbers(() => matrix().sum(0))).toEqual([5, 7, 9]);
    expect(shape(() => matrix().mean([0, 1], true))).toEqual([1, 1]);
    expect(numbers(() => matrix().variance(1))).toEqual([1, 1]);
    expect(numbers(() => matrix().variance(1, { unbiased: false }).mul(3))).toEqual([2, 2]);
    expect(numbers(() => matrix().argmax(1))).toEqual([2, 2]);
    expect(numbers(() => matrix().argmin())).toEqual([0]);
    expect(numbers(() => tensor([3, 4]).norm())).toEqual([5]);
    expect(numbers(() => matrix().cumsum(1))).toEqual([1, 3, 6, 4, 9, 15]);
    scope(() => {
      const { values, indices } = matrix().max(0);
      expect([values.toNumbers(), indices.toNumbers()]).toEqual([
        [4, 5, 6],
        [1, 1, 1],
      ]);
      expect(matrix().min().item()).toBe(1);
      expect(tensor([2, 3, 1]).sort(0, true).indices.toNumbers()).toEqual([1, 0, 2]);
      expect(tensor([2, 3, 1]).topk(2).values.toNumbers()).toEqual([3, 2]);
    });
  });
});

describe('indexing by tensors', () => {
  it('gather, scatter, indexSelect, indexAdd', () => {
    scope(() => {
      const index = tensor([2, 0], { dtype: 'int64' });
      expect(matrix().indexSelect(1, index).toNumbers()).toEqual([3, 1, 6, 4]);
      expect(matrix().gather(1, index.unsqueeze(1)).toNumbers()).toEqual([3, 4]);
      expect(
        zeros([2, 3])
          .scatter(1, index.unsqueeze(1), ones([2, 1]))
          .toNumbers(),
      ).toEqual([0, 0, 1, 1, 0, 0]);
      expect(
        zeros([3])
          .indexAdd(0, tensor([1, 1], { dtype: 'int64' }), ones([2]))
          .toNumbers(),
      ).toEqual([0, 2, 0]);
    });
  });
});

describe('to', () => {
  it('converts, and is the same memory when nothing changes', () => {
    scope(() => {
      expect(tensor([1.7, -1.7]).to('int64').toNumbers()).toEqual([1, -1]);
      const w = zeros([1]);
      w.to('float32').fill_(3);
      w.to('cpu').add_(1);
      expect(w.item()).toBe(4);
    });
  });

  it('a dtype without a name here is refused when it is read', () => {
    scope(() => {
      expect(() => zeros([1]).to('float16' as 'float32')).toThrow(/float16/);
    });
  });
});
