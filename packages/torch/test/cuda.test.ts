// Needs a CUDA device and says so where there is none. Run it by hand where there is one:
//   npx vitest run packages/torch/test/cuda.test.ts
import {
  Adam,
  autocast,
  batchNormRelu,
  channelMeans,
  clipGradNorm,
  type Device,
  devices,
  engineInfo,
  type GateWeights,
  Generator,
  gradients,
  gru,
  linearCrossEntropy,
  liveTensors,
  lstm as lstmLayer,
  noGrad,
  ones,
  paddedCat,
  randint,
  randn,
  recurrentTree,
  recurrentTreeEager,
  SGD,
  scope,
  type Tensor,
  type TreeProgram,
  tensor,
  zeros,
} from '@nascent/torch';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  difference,
  meanDifference,
  odd,
  operandsOf,
  outcome,
  read,
  type Sizes,
} from './recurrent/outcomes.ts';
import { activations, anyProgram, combinations, lstm, nasCell, treeProgram } from './recurrent/programs.ts';

const there = devices().includes('cuda:0');
if (!there) console.warn('NOT TESTED: this libtorch reaches no CUDA device, so nothing of CUDA ran here.');
const cuda: Device = 'cuda:0';

describe.skipIf(!there)('a recurrent layer on CUDA', () => {
  const compare = (program: TreeProgram, sizes: Sizes, mask: boolean, limit = 1e30): void =>
    scope(() => {
      const exact = outcome(recurrentTreeEager, program, operandsOf(program, sizes, mask, 'float64'));
      fc.pre(exact.every((values) => values.every((value) => Math.abs(value) < limit)));
      const found = outcome(recurrentTree, program, operandsOf(program, sizes, mask, 'float32', cuda));
      // Some graphs magnify every rounding: there the operations apart in float32 are the measure.
      const distance = difference(found, exact);
      if (distance <= 1e-5) return;
      const apart = outcome(recurrentTreeEager, program, operandsOf(program, sizes, mask, 'float32', cuda));
      expect(distance).toBeLessThan(3 * difference(apart, exact));
    });

  it('has kernels of its own', () => {
    expect(engineInfo().cudaKernels).toBe(true);
  });

  it.each([
    ['NASCell of 5 units', nasCell, odd],
    ['NASCell of 200', nasCell, { steps: 35, batch: 20, inputs: 200, units: 200 }],
    ['NASCell of 650', nasCell, { steps: 5, batch: 20, inputs: 650, units: 650 }],
    ['LSTM of 301', lstm, { steps: 5, batch: 4, inputs: 30, units: 301 }],
  ] as const)('%s › the operations apart in float64', (_, program, sizes) => {
    compare(program, sizes, true);
    compare(program, sizes, false);
  });

  it.each(
    combinations.flatMap((combination) =>
      activations.map((activation) => [combination, activation] as const),
    ),
  )('every node %s, %s › the same', (combination, activation) => {
    const what = { combination, activation };
    const nodes = [{ left: 0, right: 1, ...what }];
    compare({ leaves: [what, what], nodes, inject: { node: 1, ...what }, cell: 2 }, odd, true);
  });

  it('random trees and graphs › the same', () => {
    for (const programs of [treeProgram, anyProgram])
      fc.assert(
        fc.property(programs, fc.boolean(), (program, mask) => compare(program, odd, mask, 1e4)),
        { seed: 5, numRuns: 40 },
      );
  });

  it('64 leaves › the same', () => {
    const leaves = Array.from(
      { length: 64 },
      (_, i) => lstm.leaves[i % 4] ?? lstm.leaves[0],
    ) as TreeProgram['leaves'];
    const nodes = Array.from({ length: 63 }, (_, i) => ({
      left: 2 * i,
      right: 2 * i + 1,
      combination: i % 2 === 0 ? 'multiply' : 'add',
      activation: 'tanh',
    })) as TreeProgram['nodes'];
    compare(
      { leaves, nodes, inject: { node: 70, ...leaves[0] } as TreeProgram['inject'], cell: 90 },
      odd,
      true,
    );
  });

  it.each([['outputs'], ['hidden'], ['cell']] as const)('a loss of nothing but %s › the same', (name) => {
    scope(() => {
      const exact = outcome(recurrentTreeEager, nasCell, operandsOf(nasCell, odd, true, 'float64'), [name]);
      const found = outcome(recurrentTree, nasCell, operandsOf(nasCell, odd, true, 'float32', cuda), [name]);
      expect(difference(found, exact)).toBeLessThan(1e-5);
    });
  });

  it('without gradients › the same numbers; in steps of a sequence, states carried on › the same', () => {
    scope(() => {
      const operands = operandsOf(nasCell, { ...odd, steps: 6 }, true, 'float32', cuda);
      const whole = recurrentTree(nasCell, operands);
      const quick = noGrad(() => recurrentTree(nasCell, operands));
      expect(read(quick.outputs)).toEqual(read(whole.outputs));
      expect(read(quick.cell)).toEqual(read(whole.cell));
      expect(read(whole.outputs.select(0, 5))).toEqual(read(whole.hidden));
      const first = noGrad(() =>
        recurrentTree(nasCell, { ...operands, input: operands.input.narrow(0, 0, 2) }),
      );
      const input = operands.input.narrow(0, 2, 4);
      const second = recurrentTree(nasCell, { ...operands, hidden0: first.hidden, cell0: first.cell, input });
      expect(difference([read(second.hidden)], [read(whole.hidden)])).toBeLessThan(1e-5);
      expect(difference([read(second.cell)], [read(whole.cell)])).toBeLessThan(1e-5);
    });
  });

  it('a graph kept for another pass gives the same gradients again; operands that need none get none', () => {
    scope(() => {
      const operands = operandsOf(lstm, odd, true, 'float32', cuda);
      operands.input.setRequiresGrad(false);
      const loss = recurrentTree(lstm, operands).outputs.sum();
      const [first] = gradients(loss, [operands.weightHidden], { retainGraph: true });
      const [second] = gradients(loss, [operands.weightHidden], { retainGraph: true });
      expect(read(second as Tensor)).toEqual(read(first as Tensor));
      loss.backward();
      expect(operands.input.grad).toBeNull();
    });
  });

  it.each([
    ['NASCell', nasCell, { steps: 10, batch: 8, inputs: 40, units: 48 }],
    ['LSTM', lstm, { steps: 3, batch: 30, inputs: 4, units: 33 }],
  ] as const)(
    '%s in bfloat16 › results are float32 and near those of float32, gradients too',
    (_, program, sizes) => {
      scope(() => {
        const operands = operandsOf(program, sizes, true, 'float32', cuda);
        const low = outcome(
          (...args) => autocast({ dtype: 'bfloat16', device: 'cuda' }, () => recurrentTree(...args)),
          program,
          operands,
        );
        const distance = meanDifference(low, outcome(recurrentTree, program, operands));
        expect(distance).toBeLessThan(0.04);
        expect(distance).toBeGreaterThan(1e-5);
      });
    },
  );

  it('operands on two devices are an error; leaves no tensor behind', () => {
    const before = liveTensors();
    scope(() => {
      const operands = operandsOf(nasCell, odd, true, 'float32', cuda);
      const elsewhere = { ...operands, cell0: zeros([3, 5]) };
      expect(() => recurrentTree(nasCell, elsewhere)).toThrow(/device/);
      for (let i = 0; i < 3; i++) outcome(recurrentTree, nasCell, operands);
    });
    expect(liveTensors()).toBe(before);
  });
});

describe.skipIf(!there)('operations that are one pass on the CPU › the same numbers on CUDA', () => {
  /** Results and gradients of the operands, on the device. */
  const on = (device: Device, operands: readonly Tensor[], compute: (given: readonly Tensor[]) => Tensor) => {
    const given = operands.map((operand) => operand.to(device).detach().setRequiresGrad(true));
    const result = compute(given);
    const weight = randn(result.shape, { generator: new Generator(2) }).to(device);
    return [result, ...gradients(result.mul(weight).sum(), given)].map((value) => read(value as Tensor));
  };
  const same = (
    operands: readonly Tensor[],
    compute: (given: readonly Tensor[]) => Tensor,
    limit = 1e-4,
  ): void => {
    expect(difference(on(cuda, operands, compute), on('cpu', operands, compute))).toBeLessThan(limit);
  };
  const draw = (...shape: number[]): Tensor => randn(shape, { generator: new Generator(1) });

  it('batchNormRelu, in training and in evaluation', () => {
    scope(() => {
      for (const training of [true, false])
        same([draw(4, 6, 5, 5), draw(6), draw(6)], ([input, weight, bias]) => {
          const { device } = input as Tensor;
          const running = { runningMean: zeros([6], { device }), runningVar: ones([6], { device }) };
          return batchNormRelu(input as Tensor, {
            weight: weight as Tensor,
            bias: bias as Tensor,
            ...running,
            training,
          });
        });
    });
  });

  it('paddedCat and channelMeans', () => {
    scope(() => {
      const padding = { top: 1, bottom: 0, left: 0, right: 2 };
      const none = { top: 0, bottom: 0, left: 0, right: 0 };
      same([draw(2, 3, 4, 4), draw(2, 2, 5, 6)], ([small, large]) =>
        paddedCat([
          { values: small as Tensor, padding },
          { values: large as Tensor, padding: none },
        ]),
      );
      same([draw(2, 3, 4, 4)], ([input]) => channelMeans(input as Tensor, 20));
    });
  });

  it.each(['mean', 'sum', 'none'] as const)('linearCrossEntropy, %s', (reduction) => {
    scope(() => {
      const targets = randint(0, 50, [12], { generator: new Generator(4) });
      same([draw(12, 8), draw(50, 8), draw(50)], ([hidden, weight, bias]) =>
        linearCrossEntropy(
          hidden as Tensor,
          weight as Tensor,
          bias as Tensor,
          targets.to((hidden as Tensor).device),
          {
            reduction,
          },
        ),
      );
    });
  });

  it.each(['SGD', 'Adam'] as const)('clipped steps of %s', (name) => {
    const after = (device: Device) =>
      scope(() => {
        const weights = [draw(5, 4), draw(3)].map((drawn) => drawn.to(device).detach().setRequiresGrad(true));
        const optimiser =
          name === 'SGD'
            ? new SGD(weights, { learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 })
            : new Adam(weights, { learningRate: 0.1 });
        const norms = [1, 2, 3].map(() => {
          optimiser.zeroGrad();
          weights
            .map((weight) => weight.mul(weight).sum())
            .reduce((sum, part) => sum.add(part))
            .backward();
          const norm = clipGradNorm(weights, 2);
          optimiser.step();
          return norm;
        });
        optimiser.dispose();
        return [Float32Array.from(norms), ...weights.map(read)];
      });
    expect(difference(after(cuda), after('cpu'))).toBeLessThan(1e-5);
  });

  it.each(['lstm', 'gru'] as const)('%s of one layer', (name) => {
    scope(() => {
      const gates = name === 'lstm' ? 4 : 3;
      const operands = [
        draw(6, 3, 5),
        draw(3, 5),
        draw(gates * 5, 5),
        draw(gates * 5, 5),
        draw(gates * 5),
        draw(gates * 5),
      ];
      same(
        operands,
        ([input, hidden, ofInput, ofHidden, inputBias, hiddenBias]) => {
          const weights = { input: ofInput, hidden: ofHidden, inputBias, hiddenBias } as GateWeights;
          const state = { hidden: hidden as Tensor, cell: hidden as Tensor };
          if (name === 'gru') return gru(input as Tensor, state.hidden, weights).outputs;
          return lstmLayer(input as Tensor, state, weights).outputs;
        },
        5e-3,
      ); // cuDNN rounds factors (TF32)
    });
  });

  it('a tensor comes back as it went', () => {
    scope(() => {
      const values = [1.5, -2, 3e30, Number.POSITIVE_INFINITY];
      expect([...tensor(values, { device: cuda }).toFloat32()]).toEqual([...Float32Array.from(values)]);
      expect(tensor([7], { device: cuda }).item()).toBe(7);
    });
  });
});
