import { describe, expect, it } from 'vitest';
import { gradientDifference } from '../test/finite-differences.ts';
import {
  adaptiveAvgPool2d,
  addmm,
  avgPool2d,
  batchNorm,
  binaryCrossEntropyWithLogits,
  bmm,
  cat,
  conv2d,
  crossEntropy,
  dropout,
  einsum,
  embedding,
  Generator,
  gradients,
  keep,
  layerNorm,
  linear,
  lstmCell,
  maxPool2d,
  mseLoss,
  nllLoss,
  ones,
  pad,
  randn,
  scope,
  stack,
  type Tensor,
  tensor,
  where,
  zeros,
} from './index.ts';

const generator = new Generator(20161101);
const leaf = (...shape: number[]): Tensor =>
  keep(randn(shape, { dtype: 'float64', generator, requiresGrad: true }));
const classes = (...labels: number[]): Tensor => keep(tensor(labels, { dtype: 'int64' }));
/** A scalar that weighs every element differently, so that no error can cancel. */
const weighed = (output: Tensor): Tensor => {
  const weights = tensor(
    Array.from({ length: output.size }, (_, i) => Math.sin(i + 1)),
    { dtype: 'float64', shape: output.shape },
  );
  return output.mul(weights).sum();
};

const image = leaf(2, 2, 5, 6);
const positive = keep(randn([2, 3], { dtype: 'float64', generator }).abs().add(0.5).setRequiresGrad(true));
const labels = classes(1, 0, 2);
const mask = keep(tensor([1, 0, 1, 1, 0, 0], { dtype: 'bool', shape: [2, 3] }));
const [matrix, other, square] = [leaf(2, 3), leaf(2, 3), leaf(3, 3)];

interface Case {
  readonly inputs: readonly Tensor[];
  readonly output: (...inputs: Tensor[]) => Tensor;
}

const filter = leaf(4, 2, 3, 2);
const bias = leaf(4);
const lstm = {
  x: leaf(2, 3),
  h: leaf(2, 2),
  c: leaf(2, 2),
  wi: leaf(8, 3),
  wh: leaf(8, 2),
  bi: leaf(8),
  bh: leaf(8),
};
const channel = { weight: leaf(2), bias: leaf(2) };
const running = {
  runningMean: keep(zeros([2], { dtype: 'float64' })),
  runningVar: keep(ones([2], { dtype: 'float64' })),
};

const cases: Record<string, Case> = {
  conv2d: { inputs: [image, filter, bias], output: (x, w, b) => conv2d(x, w, { bias: b, padding: [1, 0] }) },
  'conv2d with stride and dilation': {
    inputs: [image, filter],
    output: (x, w) => conv2d(x, w, { stride: [2, 1], dilation: [1, 2], padding: 1 }),
  },
  'conv2d in groups': {
    inputs: [image, leaf(4, 1, 3, 3)],
    output: (x, w) => conv2d(x, w, { groups: 2 }),
  },
  'conv2d, channels last': {
    inputs: [image, filter],
    output: (x, w) => conv2d(x.contiguous({ channelsLast: true }), w, { padding: 1 }),
  },
  pad: { inputs: [image], output: (x) => pad(x, [1, 2, 0, 1], 3) },
  'batchNorm in training': {
    inputs: [image, channel.weight, channel.bias],
    output: (x, weight, b) => batchNorm(x, { weight, bias: b, training: true }),
  },
  'batchNorm in evaluation': {
    inputs: [image, channel.weight, channel.bias],
    output: (x, weight, b) => batchNorm(x, { weight, bias: b, ...running }),
  },
  layerNorm: {
    inputs: [image, leaf(6), leaf(6)],
    output: (x, weight, b) => layerNorm(x, [6], { weight, bias: b }),
  },
  maxPool2d: { inputs: [image], output: (x) => maxPool2d(x, 2, { stride: [2, 1], padding: 1 }) },
  avgPool2d: { inputs: [image], output: (x) => avgPool2d(x, [3, 2], { padding: 1, countIncludePad: false }) },
  adaptiveAvgPool2d: { inputs: [image], output: (x) => adaptiveAvgPool2d(x, [2, 3]) },
  linear: { inputs: [matrix, leaf(4, 3), leaf(4)], output: (x, w, b) => linear(x, w, b) },
  addmm: { inputs: [leaf(3), matrix, square], output: (b, x, y) => addmm(b, x, y) },
  bmm: { inputs: [leaf(2, 2, 3), leaf(2, 3, 2)], output: (x, y) => bmm(x, y) },
  matmul: { inputs: [matrix, square], output: (x, y) => x.matmul(y) },
  einsum: { inputs: [matrix, other], output: (x, y) => einsum('bi,bj->bij', [x, y]) },
  embedding: { inputs: [leaf(4, 3)], output: (w) => embedding(w, classes(3, 0, 3)) },
  lstmCell: {
    inputs: Object.values(lstm),
    output: (...given) => {
      const [x, h, c, wi, wh, bi, bh] = given as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
      const next = lstmCell(
        x,
        { hidden: h, cell: c },
        { input: wi, hidden: wh, inputBias: bi, hiddenBias: bh },
      );
      return cat([next.hidden, next.cell], 1);
    },
  },
  crossEntropy: { inputs: [square], output: (x) => crossEntropy(x, labels, { labelSmoothing: 0.1 }) },
  nllLoss: { inputs: [square], output: (x) => nllLoss(x.logSoftmax(1), labels, { reduction: 'sum' }) },
  mseLoss: { inputs: [matrix, other], output: (x, y) => mseLoss(x, y) },
  binaryCrossEntropyWithLogits: {
    inputs: [matrix],
    output: (x) => binaryCrossEntropyWithLogits(x, mask.to('float64'), 'none'),
  },
  'dropout by a generator': {
    inputs: [matrix],
    output: (x) => dropout(x, 0.5, true, new Generator(3)),
  },
  'cat and stack': { inputs: [matrix, other], output: (x, y) => stack([cat([x, y]), cat([y, x])]) },
  where: { inputs: [matrix, other], output: (x, y) => where(mask, x, y) },
  maskedFill: { inputs: [matrix], output: (x) => x.maskedFill(mask, -1) },
  'add, sub, mul, div': {
    inputs: [matrix, positive],
    output: (x, y) => x.add(y).mul(x).sub(3).div(y).add(x.mul(2)),
  },
  pow: { inputs: [positive, other], output: (x, y) => x.pow(y).add(x.pow(3)) },
  'exp, log, sqrt, rsqrt': {
    inputs: [positive],
    output: (x) => x.exp().add(x.log()).mul(x.sqrt()).add(x.rsqrt()),
  },
  'sigmoid, tanh, relu, softplus': {
    inputs: [matrix],
    output: (x) => x.sigmoid().mul(x.tanh()).add(x.relu()).add(x.softplus()),
  },
  'softmax and logSoftmax': { inputs: [matrix], output: (x) => x.softmax(1).mul(x.logSoftmax(0)) },
  'sum, mean, variance': {
    inputs: [matrix],
    output: (x) =>
      x
        .mul(x.sum(0))
        .add(x.mean([1], true))
        .mul(x.variance(1, { keepDim: true })),
  },
  'max, min, norm, logSumExp': {
    inputs: [matrix],
    output: (x) => x.max(1, true).values.mul(x.min(0).values).add(x.norm()).add(x.logSumExp(1, true)),
  },
  'gather, indexSelect, select, slice, narrow': {
    inputs: [matrix],
    output: (x) =>
      x
        .gather(
          1,
          tensor(
            [
              [0, 2, 2],
              [1, 1, 0],
            ],
            { dtype: 'int64' },
          ),
        )
        .add(x.indexSelect(0, tensor([1, 1], { dtype: 'int64' })))
        .mul(x.select(1, 0).unsqueeze(1))
        .add(x.slice(1, 1, 2))
        .add(x.narrow(1, 2, 1)),
  },
  'transpose, permute, reshape, flip, chunk, cumsum, expand': {
    inputs: [matrix],
    output: (x) =>
      x
        .t()
        .reshape([2, 3])
        .add(x.permute([1, 0]).flip([0]).transpose(0, 1))
        .add(x.chunk(2)[0] ?? x)
        .cumsum(1)
        .add(x.slice(0, 0, 1).expand([2, 3])),
  },
  'topk and sort': { inputs: [matrix], output: (x) => x.topk(2).values.add(x.sort(1).values.slice(1, 0, 2)) },
};

describe('gradients against finite differences in float64', () => {
  for (const [name, { inputs, output }] of Object.entries(cases)) {
    it(name, () => {
      const { worst, at } = gradientDifference(() => weighed(output(...inputs)), inputs);
      expect(worst, JSON.stringify(at)).toBeLessThan(1e-7);
    });
  }
});

describe('gradients', () => {
  it('of chosen tensors leave grad alone', () => {
    scope(() => {
      const [x, y] = [tensor([3], { requiresGrad: true }), tensor([4], { requiresGrad: true })];
      const [dx] = gradients(x.mul(y).mul(x).sum(), [x]);
      expect(dx?.toNumbers()).toEqual([24]);
      expect(x.grad).toBeNull();
      expect(y.grad).toBeNull();
    });
  });

  it('of an inner tensor, with a given upstream gradient', () => {
    scope(() => {
      const x = tensor([1, 2], { requiresGrad: true });
      const inner = x.mul(3);
      const [found] = gradients(inner.mul(inner), [inner], { gradOutput: tensor([1, 10]) });
      expect(found?.toNumbers()).toEqual([6, 120]);
    });
  });

  it('are differentiable themselves with createGraph', () => {
    scope(() => {
      const x = tensor([2], { requiresGrad: true, dtype: 'float64' });
      const [first] = gradients(x.pow(3).sum(), [x], { createGraph: true });
      const [second] = gradients((first as Tensor).sum(), [x]);
      expect([first?.item(), second?.item()]).toEqual([12, 12]);
    });
  });

  it('an unused input is an error, or zero when allowed', () => {
    scope(() => {
      const [x, unused] = [tensor([2], { requiresGrad: true }), tensor([[5, 5]], { requiresGrad: true })];
      const loss = (): Tensor => x.mul(2).sum();
      expect(() => gradients(loss(), [x, unused])).toThrow(/does not depend on input 1 .*float32\[1, 2\]/);
      const [dx, zero] = gradients(loss(), [x, unused], { allowUnused: true });
      expect([dx?.toNumbers(), zero?.toNumbers()]).toEqual([[2], [0, 0]]);
      expect(() => gradients(loss(), [])).toThrow(/at least one/);
    });
  });

  it('backward accumulates until the gradient is set or forgotten', () => {
    scope(() => {
      const w = tensor([1, 2], { requiresGrad: true });
      w.mul(3).sum().backward();
      w.mul(3).sum().backward();
      expect(w.grad?.toNumbers()).toEqual([6, 6]);
      w.setGrad(null);
      expect(w.grad).toBeNull();
      const loss = w.mul(w).sum();
      loss.backward(undefined, { retainGraph: true });
      loss.backward();
      expect(w.grad?.toNumbers()).toEqual([4, 8]);
      expect(() => w.setGrad(zeros([3]))).toThrow(/a gradient has its tensor's shape/);
      w.mul(2).backward(tensor([1, 100]));
      expect(w.grad?.toNumbers()).toEqual([6, 208]);
    });
  });

  it('detach cuts the history', () => {
    scope(() => {
      const w = tensor([2], { requiresGrad: true });
      const [found] = gradients(w.mul(w.detach()).sum(), [w]);
      expect(found?.item()).toBe(2);
      expect(w.mul(1).isLeaf).toBe(false);
      expect(w.detach().requiresGrad).toBe(false);
    });
  });
});
