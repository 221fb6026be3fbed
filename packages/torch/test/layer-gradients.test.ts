import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  Dropout,
  Embedding,
  Flatten,
  Generator,
  GlobalAvgPool2d,
  type Layer,
  Linear,
  LSTMCell,
  type LSTMState,
  MaxPool2d,
  ReLU,
  randn,
  Sequential,
  Sigmoid,
  scope,
  Tanh,
  type Tensor,
  tensor,
} from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { gradientDifference } from './finite-differences.ts';

/*
 * The gradient of each layer, by its inputs and its parameters, against central finite differences in float64.
 * The loss weighs every output differently, so that a gradient at the wrong place does not go unseen.
 */

const options = () => ({ dtype: 'float64' as const, generator: new Generator(11) });
const input = (shape: number[], seed = 1): Tensor =>
  randn(shape, { dtype: 'float64', generator: new Generator(seed) }).setRequiresGrad(true);

function weighted(output: Tensor): Tensor {
  return output.mul(randn(output.shape, { dtype: 'float64', generator: new Generator(5) })).sum();
}

function expectRight(loss: () => Tensor, leaves: readonly Tensor[]): void {
  const { worst, at } = gradientDifference(loss, leaves);
  expect(worst, JSON.stringify(at)).toBeLessThan(1e-6);
}

function expectLayerRight(layer: Layer, shape: number[]): void {
  const x = input(shape);
  expectRight(() => weighted(layer.forward(x)), [x, ...layer.parameters()]);
}

describe('gradients against finite differences', () => {
  it.each([
    ['no padding', 3, {}],
    ['symmetric padding', 3, { padding: 1 }],
    ['SAME at stride 1, odd kernel', 3, { padding: 'same' }],
    ['SAME at stride 1, even kernel: asymmetric', 2, { padding: 'same' }],
    ['SAME at stride 2: asymmetric', 3, { padding: 'same', stride: 2 }],
    ['SAME at unequal strides and kernels', [1, 4], { padding: 'same', stride: [2, 3] }],
    ['dilated', 2, { padding: 'same', dilation: 2 }],
    ['in groups, without bias', 3, { padding: 1, groups: 2, bias: false }],
  ] as const)('Conv2d › %s', (_name, kernel, layer) => {
    expectLayerRight(new Conv2d(2, 4, kernel, { ...layer, ...options() }), [2, 2, 6, 5]);
  });

  it('BatchNorm2d › in training mode, through the batch statistics', () => {
    expectLayerRight(new BatchNorm2d(3, options()), [2, 3, 3, 2]);
  });

  it('BatchNorm2d › in evaluation mode', () => {
    expectLayerRight(new BatchNorm2d(3, options()).eval(), [2, 3, 3, 2]);
  });

  it('Linear', () => {
    expectLayerRight(new Linear(4, 3, options()), [5, 4]);
    expectLayerRight(new Linear(4, 3, { ...options(), bias: false }), [2, 3, 4]);
  });

  it('Embedding › repeated indices add up', () => {
    const layer = new Embedding(5, 3, options());
    const index = tensor(
      [
        [0, 2, 2],
        [4, 0, 2],
      ].flat(),
      { shape: [2, 3], dtype: 'int64' },
    );
    expectRight(() => weighted(layer.forward(index)), layer.parameters());
  });

  it('LSTMCell › through three steps', () => {
    const cell = new LSTMCell(3, 4, options());
    const steps = [input([2, 3], 1), input([2, 3], 2), input([2, 3], 3)];
    const first = { hidden: input([2, 4], 4), cell: input([2, 4], 6) };
    const loss = (): Tensor => {
      const last = steps.reduce<LSTMState>((state, x) => cell.forward(x, state), first);
      return weighted(last.hidden).add(weighted(last.cell));
    };
    expectRight(loss, [...steps, first.hidden, first.cell, ...cell.parameters()]);
  });

  it('MaxPool2d', () => {
    expectLayerRight(new MaxPool2d(2), [1, 2, 6, 5]);
    expectLayerRight(new MaxPool2d(3, { stride: 2, padding: 'same' }), [1, 2, 6, 5]);
  });

  it('AvgPool2d', () => {
    expectLayerRight(new AvgPool2d(2), [1, 2, 6, 5]);
    expectLayerRight(new AvgPool2d(3, { stride: 2, padding: 'same' }), [1, 2, 6, 5]);
    expectLayerRight(new AvgPool2d(2, { stride: 1, padding: 'same' }), [1, 2, 4, 5]);
  });

  it('GlobalAvgPool2d, Flatten, ReLU, Sigmoid, Tanh', () => {
    for (const layer of [new GlobalAvgPool2d(), new Flatten(), new ReLU(), new Sigmoid(), new Tanh()]) {
      expectLayerRight(layer, [2, 2, 3, 2]);
    }
  });

  it('Dropout › with a fixed mask', () => {
    const generator = new Generator(3);
    const layer = new Dropout(0.4, { generator });
    const x = input([4, 5]);
    const loss = (): Tensor => {
      generator.seed(3);
      return weighted(layer.forward(x));
    };
    expectRight(loss, [x]);
  });

  it('cross entropy', () => {
    const logits = input([4, 3]);
    const labels = tensor([0, 2, 1, 2], { dtype: 'int64' });
    expectRight(() => crossEntropy(logits, labels), [logits]);
  });

  it('Sequential › a small network with in-place ReLU', () => {
    const net = new Sequential([
      new Conv2d(2, 3, 3, { padding: 'same', stride: 2, ...options() }),
      new BatchNorm2d(3, options()),
      new ReLU({ inPlace: true }),
      new GlobalAvgPool2d(),
      new Linear(3, 4, options()),
    ]);
    const x = input([3, 2, 6, 6]);
    const labels = tensor([0, 3, 1], { dtype: 'int64' });
    expectRight(() => crossEntropy(net.forward(x), labels), [x, ...net.parameters()]);
  });

  it('the check itself › sees a wrong gradient', () => {
    const x = input([3]);
    const loss = (): Tensor => scope(() => x.detach().mul(x).sum()); // half of the gradient of x² is cut off
    expect(gradientDifference(loss, [x]).worst).toBeGreaterThan(0.1);
  });
});
