import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { gradientDifference } from '../../test/finite-differences.ts';
import { recurrentTreeNaive } from '../../test/recurrent/naive.ts';
import {
  difference,
  learning,
  meanDifference,
  odd,
  operandsOf,
  outcome,
  read,
  type Sizes,
} from '../../test/recurrent/outcomes.ts';
import {
  activations,
  anyProgram,
  combinations,
  lstm,
  nasCell,
  treeProgram,
} from '../../test/recurrent/programs.ts';
import {
  autocast,
  getThreads,
  gradients,
  liveTensors,
  noGrad,
  ones,
  recurrentTree,
  recurrentTreeEager,
  scope,
  setThreads,
  type Tensor,
  TorchError,
  type TreeProgram,
  tensor,
  zeros,
} from '../index.ts';

/** One leaf's activation of x · 1 + 0, read through a `max` with itself. */
const single = (activation: (typeof activations)[number]): TreeProgram => ({
  leaves: [
    { combination: 'add', activation },
    { combination: 'add', activation: 'identity' },
  ],
  nodes: [{ left: 0, right: 0, combination: 'max', activation: 'identity' }],
  inject: { node: 1, combination: 'add', activation: 'identity' },
  cell: 1,
});
/** The activation of each number, and the gradient of the sum. */
function activated(activation: (typeof activations)[number], numbers: readonly number[]) {
  return scope(() => {
    const count = numbers.length;
    const input = tensor(numbers, { shape: [1, count, 1] }).setRequiresGrad(true);
    const { outputs } = recurrentTree(single(activation), {
      input,
      hidden0: zeros([count, 1]),
      cell0: zeros([count, 1]),
      weightInput: ones([2, 1]),
      weightHidden: zeros([2, 1]),
    });
    const [slopes] = gradients(outputs.sum(), [input]);
    return { values: read(outputs), slopes: read(slopes as Tensor) };
  });
}

describe('a layer of a tree-shaped recurrent cell, in one', () => {
  const threads = getThreads();
  afterAll(() => setThreads(threads));

  const compare = (program: TreeProgram, sizes: Sizes, mask: boolean, limit = 1e30): void =>
    scope(() => {
      const exact = outcome(recurrentTreeEager, program, operandsOf(program, sizes, mask, 'float64'));
      fc.pre(exact.every((values) => values.every((value) => Math.abs(value) < limit)));
      const found = outcome(recurrentTree, program, operandsOf(program, sizes, mask));
      // Some graphs magnify every rounding: there the operations apart in float32 are the measure.
      const distance = difference(found, exact);
      if (distance <= 1e-5) return;
      const apart = outcome(recurrentTreeEager, program, operandsOf(program, sizes, mask));
      expect(distance).toBeLessThan(3 * difference(apart, exact));
    });

  it('random trees › results and all gradients are those of the operations apart in float64', () => {
    fc.assert(
      fc.property(treeProgram, fc.boolean(), (program, mask) => compare(program, odd, mask, 1e4)),
      { seed: 1, numRuns: 60 },
    );
  });

  it('random graphs: sides used twice, nodes nobody reads, nothing but leaves › the same', () => {
    const sizes = fc.record({
      steps: fc.constantFrom(1, 2, 3),
      batch: fc.constantFrom(1, 2, 9, 30),
      inputs: fc.constantFrom(1, 4),
      units: fc.constantFrom(1, 17, 33),
    });
    fc.assert(
      fc.property(anyProgram, sizes, fc.boolean(), (program, size, mask) =>
        compare(program, size, mask, 1e4),
      ),
      { seed: 2, numRuns: 60 },
    );
  });

  it.each(
    combinations.flatMap((combination) =>
      activations.map((activation) => [combination, activation] as const),
    ),
  )('every node %s, %s › the same', (combination, activation) => {
    const what = { combination, activation };
    const program = {
      leaves: [what, what],
      nodes: [{ left: 0, right: 1, ...what }],
      inject: { node: 1, ...what },
      cell: 2,
    };
    compare(program, odd, true);
  });

  it.each([
    ['NASCell', nasCell],
    ['LSTM', lstm],
  ])('%s, more units than one block › the same', (_, program) => {
    compare(program, { steps: 5, batch: 4, inputs: 30, units: 301 }, true);
  });

  it.each([['outputs'], ['hidden'], ['cell']] as const)('a loss of nothing but %s › the same', (name) => {
    scope(() => {
      const exact = outcome(recurrentTreeEager, nasCell, operandsOf(nasCell, odd, true, 'float64'), [name]);
      const found = outcome(recurrentTree, nasCell, operandsOf(nasCell, odd, true), [name]);
      expect(difference(found, exact)).toBeLessThan(1e-5);
    });
  });

  it('written down step by step and leaf by leaf › the same', () => {
    scope(() => {
      const operands = operandsOf(nasCell, odd, true);
      const naive = outcome(recurrentTreeNaive, nasCell, operands);
      expect(difference(outcome(recurrentTree, nasCell, operands), naive)).toBeLessThan(1e-5);
    });
  });

  it('gradients of the operations apart › are those of finite differences', () => {
    fc.assert(
      fc.property(treeProgram, (program) =>
        scope(() => {
          const operands = operandsOf(program, { steps: 2, batch: 1, inputs: 2, units: 2 }, true, 'float64');
          const loss = (): Tensor => {
            const { outputs, cell } = recurrentTreeEager(program, operands);
            return outputs.sin().sum().add(cell.sin().sum());
          };
          // An operand that nothing depends on has no gradient to compare.
          const used = learning(operands).filter((leaf) => {
            const [found] = gradients(loss(), [leaf], { allowUnused: true });
            return found?.toNumbers().some((value) => value !== 0);
          });
          if (used.length > 0) expect(gradientDifference(loss, used).worst).toBeLessThan(1e-6);
        }),
      ),
      { seed: 3, numRuns: 15 },
    );
  });

  it('in steps of a sequence, states carried on › the results of the sequence, with and without gradients', () => {
    scope(() => {
      const operands = operandsOf(nasCell, { ...odd, steps: 6 }, true);
      const whole = recurrentTree(nasCell, operands);
      for (const record of [true, false]) {
        const run = () => {
          const first = recurrentTree(nasCell, { ...operands, input: operands.input.narrow(0, 0, 2) });
          const { hidden: hidden0, cell: cell0 } = first;
          return recurrentTree(nasCell, {
            ...operands,
            hidden0,
            cell0,
            input: operands.input.narrow(0, 2, 4),
          });
        };
        const second = record ? run() : noGrad(run);
        expect(difference([read(second.hidden)], [read(whole.hidden)])).toBeLessThan(1e-6);
        expect(difference([read(second.cell)], [read(whole.cell)])).toBeLessThan(1e-6);
        expect(second.hidden.requiresGrad).toBe(record);
      }
      expect(read(whole.outputs.select(0, 5))).toEqual(read(whole.hidden));
    });
  });

  it('without gradients › the same numbers and no memory that stays', () => {
    scope(() => {
      const operands = operandsOf(nasCell, { ...odd, steps: 7 }, false);
      const recorded = recurrentTree(nasCell, operands);
      const quick = noGrad(() => recurrentTree(nasCell, operands));
      expect(read(quick.outputs)).toEqual(read(recorded.outputs));
      expect(read(quick.cell)).toEqual(read(recorded.cell));
    });
  });

  it('operands that need no gradient get none', () => {
    scope(() => {
      const operands = operandsOf(nasCell, odd, false);
      operands.input.setRequiresGrad(false);
      operands.cell0.setRequiresGrad(false);
      const { outputs } = recurrentTree(nasCell, operands);
      outputs.sum().backward();
      expect(operands.input.grad).toBeNull();
      expect(operands.weightHidden.grad?.shape).toEqual([40, 5]);
    });
  });

  it('a graph kept for another pass gives the same gradients again', () => {
    scope(() => {
      const operands = operandsOf(lstm, odd, true);
      const loss = recurrentTree(lstm, operands).outputs.sum();
      const [first] = gradients(loss, [operands.weightHidden], { retainGraph: true });
      const [second] = gradients(loss, [operands.weightHidden]);
      expect(read(second as Tensor)).toEqual(read(first as Tensor));
    });
  });

  it('the number of threads changes no bit', () => {
    const run = (count: number): Float32Array[] => {
      setThreads(count);
      return scope(() =>
        outcome(
          recurrentTree,
          nasCell,
          operandsOf(nasCell, { steps: 4, batch: 7, inputs: 3, units: 40 }, true),
        ),
      );
    };
    expect(run(2)).toEqual(run(1));
  });

  it('leaves no tensor behind', () => {
    const operands = operandsOf(nasCell, odd, true);
    const before = liveTensors();
    for (let i = 0; i < 3; i++) outcome(recurrentTree, nasCell, operands);
    for (let i = 0; i < 3; i++) outcome(recurrentTreeEager, nasCell, operands);
    expect(liveTensors()).toBe(before);
  });

  it('refuses to be differentiated twice', () => {
    scope(() => {
      const operands = operandsOf(nasCell, odd, false);
      const { outputs } = recurrentTree(nasCell, operands);
      expect(() => gradients(outputs.sum(), [operands.input], { createGraph: true })).toThrow(
        /differentiated twice/,
      );
    });
  });

  it.each(['float64', 'float32'] as const)('a float64 input beside %s › the operations apart', (dtype) => {
    scope(() => {
      const operands = operandsOf(lstm, odd, false, 'float64');
      if (dtype === 'float64') expect(recurrentTree(lstm, operands).outputs.dtype).toBe('float64');
      else
        expect(() => recurrentTree(lstm, { ...operands, input: operands.input.to('float32') })).toThrow(
          TorchError,
        );
    });
  });

  describe('in bfloat16', () => {
    it.each([
      ['NASCell', nasCell, { steps: 10, batch: 8, inputs: 40, units: 48 }],
      ['LSTM', lstm, { steps: 3, batch: 1, inputs: 4, units: 1 }],
      ['LSTM', lstm, { steps: 3, batch: 30, inputs: 4, units: 33 }],
      ['LSTM', lstm, { steps: 3, batch: 50, inputs: 5, units: 15 }],
    ] as const)(
      '%s, %o › results are float32 and near those of float32, gradients too',
      (_, program, sizes) => {
        scope(() => {
          const operands = operandsOf(program, sizes, sizes.batch > 1);
          const exact = outcome(recurrentTree, program, operands);
          const low = outcome(
            (...args) => autocast({ dtype: 'bfloat16' }, () => recurrentTree(...args)),
            program,
            operands,
          );
          // In the mean only: at the kink of a ReLU a rounding turns a gradient on or off.
          expect(meanDifference(low, exact)).toBeLessThan(0.03);
          expect(meanDifference(low, exact)).toBeGreaterThan(1e-5);
          const { outputs, cell } = autocast({ dtype: 'bfloat16' }, () => recurrentTree(program, operands));
          expect([outputs.dtype, cell.dtype]).toEqual(['float32', 'float32']);
        });
      },
    );

    it('a bfloat16 input is taken inside and outside of autocast', () => {
      scope(() => {
        const operands = operandsOf(lstm, odd, false);
        const low = { ...operands, input: operands.input.to('bfloat16') };
        const outside = recurrentTree(lstm, low);
        const inside = autocast({ dtype: 'bfloat16' }, () => recurrentTree(lstm, low));
        const exact = [read(recurrentTree(lstm, operands).outputs)];
        for (const { outputs } of [outside, inside])
          expect(difference([read(outputs)], exact)).toBeLessThan(0.05);
      });
    });
  });
});

describe('activations of the tree', () => {
  const numbers = [...Array(4001).keys()]
    .map((i) => (i - 2000) / 100)
    .concat([1e-8, -1e-5, 1e-3, 0.6249, 0.6251, -0.62500006, 40, -87.5, 88, -88]);
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const exact = {
    identity: [(x: number) => x, () => 1],
    tanh: [Math.tanh, (x: number) => 1 - Math.tanh(x) ** 2],
    sigmoid: [sigmoid, (x: number) => sigmoid(x) * (1 - sigmoid(x))],
    relu: [(x: number) => Math.max(x, 0), (x: number) => (x > 0 ? 1 : 0)],
    sin: [Math.sin, Math.cos],
  } as const;

  it.each(activations)('%s › value to a relative error of 1e-6, slope to 1e-6', (activation) => {
    const { values, slopes } = activated(activation, numbers);
    const [value, slope] = exact[activation];
    for (const [i, number] of numbers.entries()) {
      const x = Math.fround(number);
      // Near its zeros a sine of float32 is as good as its argument's last bit.
      const allowed = activation === 'sin' ? 3e-7 : 1e-6 * Math.abs(value(x)) + 1e-37;
      expect(Math.abs((values[i] as number) - value(x)), `${activation}(${x})`).toBeLessThanOrEqual(allowed);
      expect(Math.abs((slopes[i] as number) - slope(x)), `${activation}′(${x})`).toBeLessThanOrEqual(1e-6);
    }
  });

  it('saturate exactly at ±100 and ±infinity', () => {
    const ends = [-100, 100, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    expect([...activated('tanh', ends).values]).toEqual([-1, 1, -1, 1]);
    expect([...activated('tanh', ends).slopes]).toEqual([0, 0, 0, 0]);
    expect([...activated('sigmoid', ends).values]).toEqual([0, 1, 0, 1]);
    expect([...activated('sigmoid', ends).slopes]).toEqual([0, 0, 0, 0]);
    expect([...activated('relu', ends).values]).toEqual([0, 100, 0, Number.POSITIVE_INFINITY]);
  });

  it('sine › large angles as the C library has them, infinity is NaN', () => {
    const angles = [8191, 8192, 8193, -1e5, 1e9, -8191.5, 3];
    const { values, slopes } = activated('sin', angles);
    for (const [i, angle] of angles.entries()) {
      expect(values[i]).toBeCloseTo(Math.sin(Math.fround(angle)), 6);
      expect(slopes[i]).toBeCloseTo(Math.cos(Math.fround(angle)), 6);
    }
    expect(activated('sin', [Number.POSITIVE_INFINITY]).values[0]).toBeNaN();
  });

  it.each(activations)('%s › NaN stays NaN', (activation) => {
    expect([...activated(activation, [1, Number.NaN, 2]).values].map(Number.isNaN)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it.each(combinations)('%s › NaN of either side stays NaN', (combination) => {
    scope(() => {
      const program: TreeProgram = {
        ...single('identity'),
        leaves: [
          { combination, activation: 'identity' },
          { combination: 'add', activation: 'identity' },
        ],
      };
      for (const side of ['input', 'hidden0'] as const) {
        const operands = {
          input: ones([1, 2, 1]),
          hidden0: ones([2, 1]),
          cell0: zeros([2, 1]),
          weightInput: ones([2, 1]),
          weightHidden: ones([2, 1]),
        };
        const { outputs } = recurrentTree(program, { ...operands, [side]: operands[side].mul(Number.NaN) });
        expect([...read(outputs)].every(Number.isNaN)).toBe(true);
      }
    });
  });
});

describe('what recurrentTree refuses', () => {
  const operation = { combination: 'add', activation: 'tanh' } as const;
  const tree: TreeProgram = {
    leaves: [operation, operation],
    nodes: [{ left: 0, right: 1, ...operation }],
    inject: { node: 0, ...operation },
    cell: 2,
  };
  const wrong = (change: unknown): TreeProgram => ({ ...tree, ...(change as Partial<TreeProgram>) });
  it.each([
    ['no leaves', wrong({ leaves: [] }), /at least one leaf/],
    [
      'a side that comes later',
      wrong({ nodes: [{ left: 0, right: 2, ...operation }] }),
      /right side of node 2 .*0 to 1, found 2/,
    ],
    [
      'a negative side',
      wrong({ nodes: [{ left: -1, right: 1, ...operation }] }),
      /left side of node 2 .*found -1/,
    ],
    ['a fraction', wrong({ cell: 0.5 }), /cell state's node .*0 to 2, found 0.5/],
    [
      'an injected node that is none',
      wrong({ inject: { node: 3, ...operation } }),
      /injection's node .*found 3/,
    ],
    [
      'an unknown combination',
      wrong({ inject: { node: 0, combination: 'minus', activation: 'tanh' } }),
      /'minus'; known are add/,
    ],
    [
      'an unknown activation',
      wrong({ leaves: [operation, { combination: 'add', activation: 'toString' }] }),
      /leaf 1 .*'toString'; known are identity/,
    ],
  ])('%s', (_, program, message) => {
    scope(() => {
      const operands = operandsOf(tree, odd, false);
      for (const compute of [recurrentTree, recurrentTreeEager]) {
        expect(() => compute(program, operands)).toThrow(message);
        expect(() => compute(program, operands)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
      }
    });
  });

  it.each([
    ['input', [3, 7], /input is \[steps, batch, inputs\].*\[3, 7\]/],
    ['input', [0, 3, 7], /at least one/],
    ['hidden0', [5], /hidden0 is/],
    ['hidden0', [4, 5], /hidden0 must be \[3, 5\] here; found \[4, 5\]/],
    ['cell0', [3, 6], /cell0 must be \[3, 5\]/],
    ['weightInput', [10, 6], /weightInput must be \[10, 7\]/],
    ['weightHidden', [5, 10], /weightHidden must be \[10, 5\]/],
    ['hiddenMask', [5], /hiddenMask must be \[3, 5\]/],
  ] as const)('%s of shape [%s]', (name, shape, message) => {
    scope(() => {
      const operands = { ...operandsOf(tree, odd, false), [name]: zeros(shape) };
      expect(() => recurrentTree(tree, operands)).toThrow(message);
    });
  });
});
