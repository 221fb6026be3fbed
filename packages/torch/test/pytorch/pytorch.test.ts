import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  Adam,
  autocast,
  BatchNorm2d,
  Conv2d,
  clipGradNorm,
  crossEntropy,
  Generator,
  Linear,
  LSTMCell,
  MaxPool2d,
  Module,
  noGrad,
  normal_,
  ones,
  SGD,
  scope,
  setThreads,
  type Tensor,
  uniform_,
  zeros,
} from '@nascent/torch';
import { beforeAll, describe, expect, it } from 'vitest';
import { Numbers } from './numbers.ts';
import { pythonWithTorch } from './python.ts';

/*
 * The package against PyTorch. reference.numbers.json holds what PyTorch gave (reference.py says how to make
 * it again); the inputs come from a formula that both sides compute.
 */

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface Reference {
  readonly smallCnn: Record<'losses' | 'conv1Weight' | 'norm2Mean' | 'norm2Variance', number[]>;
  readonly sgd: Record<'plain' | 'momentum' | 'nesterov', number[][]>;
  readonly adam: Record<'default' | 'weightDecay' | 'float64', number[][]>;
  readonly clip: { readonly norm: number; readonly gradients: number[][] };
  readonly lstmCell: Record<'hidden' | 'cell', number[]> & { names: string[]; gradients: number[][] };
  readonly batchNorm: Record<'training' | 'evaluation' | 'mean' | 'variance', number[]> & { names: string[] };
  readonly generators: Record<'uniform' | 'normal', number[]>;
}

const reference = JSON.parse(readFileSync(here('reference.numbers.json'), 'utf8')) as Reference;

function expectClose(
  found: ArrayLike<number>,
  expected: readonly number[],
  relative: number,
  absolute = 0,
): void {
  expect(found.length).toBe(expected.length);
  const worst = expected.reduce((most, value, i) => {
    const excess = Math.abs((found[i] ?? Number.NaN) - value) / (relative * Math.abs(value) + absolute);
    return Number.isNaN(excess) ? Number.POSITIVE_INFINITY : Math.max(most, excess);
  }, 0);
  expect(worst, `largest difference, as a multiple of what is allowed`).toBeLessThanOrEqual(1);
}

interface Batch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

class SmallCnn extends Module {
  readonly conv1 = this.child('conv1', new Conv2d(3, 8, 3, { padding: 'same', bias: false }));
  readonly norm1 = this.child('norm1', new BatchNorm2d(8));
  readonly conv2 = this.child('conv2', new Conv2d(8, 16, [5, 3], { stride: 2, padding: 'same' }));
  readonly norm2 = this.child('norm2', new BatchNorm2d(16));
  readonly pool = this.child('pool', new MaxPool2d(2));
  readonly classifier = this.child('classifier', new Linear(16, 10));

  constructor(numbers: Numbers) {
    super();
    noGrad(() =>
      scope(() => {
        for (const layer of [this.conv1, this.conv2, this.classifier]) {
          const fanIn = layer.weight.shape.slice(1).reduce((product, length) => product * length, 1);
          layer.weight.copyFrom_(numbers.tensor(layer.weight.shape, Math.sqrt(6 / fanIn)));
          if (layer.bias !== null) layer.bias.copyFrom_(numbers.tensor(layer.bias.shape, 0.1));
        }
      }),
    );
  }

  forward(images: Tensor): Tensor {
    const first = this.norm1.forward(this.conv1.forward(images)).relu();
    const second = this.norm2.forward(this.conv2.forward(first)).relu();
    return this.classifier.forward(this.pool.forward(second).mean([2, 3]));
  }
}

beforeAll(() => setThreads(1));

describe('against PyTorch', () => {
  it('the committed numbers › are what PyTorch gives today', ({ skip }) => {
    const python = pythonWithTorch();
    if (python === null) return skip('no Python here imports torch; the committed numbers stand in for it');
    const run = spawnSync(python, [here('reference.py')], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    expect(run.status, run.stderr).toBe(0);
    const today = JSON.parse(run.stdout) as Reference;
    expectClose(today.smallCnn.losses, reference.smallCnn.losses, 1e-4);
    const numbersOf = (value: unknown): number[] =>
      typeof value === 'number'
        ? [value]
        : value instanceof Object
          ? Object.values(value).flatMap(numbersOf)
          : [];
    expectClose(numbersOf(today), numbersOf(reference), 1e-3, 1e-4);
  }, 120_000);

  /** The losses of 20 steps of the network of reference.py. */
  function train(forward: (net: SmallCnn, batch: Batch) => Tensor): { net: SmallCnn; losses: number[] } {
    const numbers = new Numbers(1);
    const net = new SmallCnn(numbers);
    const optimiser = new SGD(net.parameters(), {
      learningRate: 0.05,
      momentum: 0.9,
      nesterov: true,
      weightDecay: 1e-4,
    });
    const batches: Batch[] = Array.from({ length: 4 }, () => ({
      images: numbers.tensor([16, 3, 16, 16]),
      labels: numbers.labels(16, 10),
    }));
    const losses = Array.from({ length: 20 }, (_, step) =>
      scope(() => {
        const loss = forward(net, batches[step % batches.length] as Batch);
        optimiser.zeroGrad();
        loss.backward();
        optimiser.step();
        return loss.item();
      }),
    );
    return { net, losses };
  }
  const lossOf = (net: SmallCnn, { images, labels }: Batch) => crossEntropy(net.forward(images), labels);

  it('small CNN › the first 20 losses are equal', () => {
    const { net, losses } = train(lossOf);
    expectClose(losses, reference.smallCnn.losses, 1e-4);
    // Rounding grows over 20 steps: PyTorch with another convolution routine differs from itself as much.
    expectClose(net.conv1.weight.toFloat32(), reference.smallCnn.conv1Weight, 1e-3, 1e-4);
    expectClose(net.norm2.runningMean.toFloat32(), reference.smallCnn.norm2Mean, 1e-3, 1e-4);
    expectClose(net.norm2.runningVariance.toFloat32(), reference.smallCnn.norm2Variance, 1e-3, 1e-4);
  });

  it('small CNN › in bfloat16 the losses stay near', () => {
    const { losses } = train((net, batch) => autocast({ dtype: 'bfloat16' }, () => lossOf(net, batch)));
    expectClose(losses, reference.smallCnn.losses, 0.05);
  });

  /** Ten steps from given gradients. */
  function optimiserSteps(
    make: (parameters: Tensor[]) => { step(): void },
    dtype: 'float32' | 'float64' = 'float32',
  ): Tensor[] {
    const numbers = new Numbers(2);
    const parameters = [[3, 4], [5]].map((shape) => numbers.tensor(shape, 1, dtype).setRequiresGrad(true));
    const optimiser = make(parameters);
    for (let step = 0; step < 10; step++) {
      for (const parameter of parameters) giveGradient(parameter, numbers.tensor(parameter.shape, 1, dtype));
      optimiser.step();
    }
    return parameters;
  }

  /** A loss whose gradient is the given tensor. */
  function giveGradient(parameter: Tensor, gradient: Tensor): void {
    parameter.setGrad(null);
    parameter.backward(gradient);
  }

  const sgd = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 };
  it.each([
    ['plain', { learningRate: 0.1 }],
    ['momentum', sgd],
    ['nesterov', { ...sgd, nesterov: true }],
  ] as const)('SGD › ten steps are equal: %s', (name, options) => {
    const parameters = optimiserSteps((tensors) => new SGD(tensors, options));
    for (const [i, parameter] of parameters.entries()) {
      expectClose(parameter.toFloat32(), reference.sgd[name][i] as number[], 1e-6, 1e-7);
    }
  });

  it.each([
    ['default', { learningRate: 0.01 }, 'float32', 1e-6],
    [
      'weightDecay',
      { learningRate: 0.01, betas: [0.8, 0.99], epsilon: 1e-6, weightDecay: 0.1 },
      'float32',
      1e-5,
    ],
    ['float64', { learningRate: 0.01 }, 'float64', 1e-13],
  ] as const)('Adam › ten steps are equal: %s', (name, options, dtype, relative) => {
    const parameters = optimiserSteps((tensors) => new Adam(tensors, options), dtype);
    for (const [i, parameter] of parameters.entries()) {
      const found = parameter.toArray() as Float32Array | Float64Array;
      expectClose(found, reference.adam[name][i] as number[], relative, relative / 10);
    }
  });

  it('clipGradNorm › norm and clipped gradients are equal', () => {
    const numbers = new Numbers(3);
    const parameters = [zeros([3, 4], { requiresGrad: true }), zeros([5], { requiresGrad: true })];
    for (const parameter of parameters) giveGradient(parameter, numbers.tensor(parameter.shape));
    expectClose([clipGradNorm(parameters, 0.5)], [reference.clip.norm], 1e-6);
    for (const [i, parameter] of parameters.entries()) {
      expectClose(parameter.grad?.toFloat32() ?? [], reference.clip.gradients[i] as number[], 1e-5);
    }
  });

  it('LSTMCell › parameter names, outputs and gradients are equal', () => {
    const numbers = new Numbers(4);
    const cell = new LSTMCell(5, 4);
    expect([...cell.namedParameters().keys()]).toEqual(reference.lstmCell.names);
    noGrad(() => {
      for (const parameter of cell.parameters()) parameter.copyFrom_(numbers.tensor(parameter.shape));
    });
    const inputs = [
      [3, 5],
      [3, 4],
      [3, 4],
    ].map((shape) => numbers.tensor(shape).setRequiresGrad(true)) as [Tensor, Tensor, Tensor];
    const weights = [numbers.tensor([3, 4]), numbers.tensor([3, 4])] as const;
    const next = cell.forward(inputs[0], { hidden: inputs[1], cell: inputs[2] });
    next.hidden.mul(weights[0]).sum().add(next.cell.mul(weights[1]).sum()).backward();
    expectClose(next.hidden.toFloat32(), reference.lstmCell.hidden, 1e-5, 1e-6);
    expectClose(next.cell.toFloat32(), reference.lstmCell.cell, 1e-5, 1e-6);
    for (const [i, leaf] of [...cell.parameters(), ...inputs].entries()) {
      expectClose(leaf.grad?.toFloat32() ?? [], reference.lstmCell.gradients[i] as number[], 1e-5, 1e-6);
    }
  });

  it('BatchNorm2d › names, outputs in both modes and running statistics are equal', () => {
    const numbers = new Numbers(5);
    const norm = new BatchNorm2d(4);
    expect([...norm.stateDict().keys(), 'num_batches_tracked']).toEqual(reference.batchNorm.names);
    noGrad(() => {
      norm.weight.copyFrom_(numbers.tensor([4]));
      norm.bias.copyFrom_(numbers.tensor([4]));
    });
    const outputs = Array.from({ length: 3 }, () => norm.forward(numbers.tensor([2, 4, 3, 3], 2).add(1)));
    expectClose(outputs.at(-1)?.toFloat32() ?? [], reference.batchNorm.training, 1e-5, 1e-6);
    norm.eval();
    expectClose(
      norm.forward(numbers.tensor([2, 4, 3, 3])).toFloat32(),
      reference.batchNorm.evaluation,
      1e-5,
      1e-6,
    );
    expectClose(norm.runningMean.toFloat32(), reference.batchNorm.mean, 1e-5, 1e-6);
    expectClose(norm.runningVariance.toFloat32(), reference.batchNorm.variance, 1e-5, 1e-6);
  });

  it('generators › the same seed draws the same numbers', () => {
    const generator = new Generator(7);
    const { uniform, normal } = reference.generators;
    expectClose(uniform_(ones([20]), -2, 3, generator).toFloat32(), uniform, 1e-6, 1e-6);
    expectClose(normal_(ones([20]), 1, 2, generator).toFloat32(), normal, 1e-5, 1e-5);
  });
});
