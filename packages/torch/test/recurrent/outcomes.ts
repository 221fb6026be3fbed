import {
  type Device,
  type DType,
  Generator,
  gradients,
  type RecurrentTreeOperands,
  randn,
  type recurrentTree,
  scope,
  type Tensor,
  type TreeProgram,
} from '@nascent/torch';
import { expect } from 'vitest';

export interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly units: number;
}
export const odd: Sizes = { steps: 4, batch: 3, inputs: 7, units: 5 };

/** Random operands, the same numbers for each dtype and device. The first five are to learn. */
export function operandsOf(
  program: TreeProgram,
  sizes: Sizes,
  mask: boolean,
  dtype: DType = 'float32',
  device: Device = 'cpu',
) {
  const { steps, batch, inputs, units } = sizes;
  const generator = new Generator(5);
  const rows = program.leaves.length * units;
  const draw = (shape: readonly number[], scale = 1): Tensor =>
    randn(shape, { generator }).mul(scale).to(dtype).to(device).detach().setRequiresGrad(true);
  return {
    input: draw([steps, batch, inputs]),
    hidden0: draw([batch, units]),
    cell0: draw([batch, units]),
    weightInput: draw([rows, inputs], 1 / Math.sqrt(inputs)),
    weightHidden: draw([rows, units], 1 / Math.sqrt(units)),
    hiddenMask: mask ? randn([batch, units], { generator }).gt(0).to(dtype).mul(2).to(device) : null,
  };
}
export const learning = (operands: RecurrentTreeOperands): Tensor[] => {
  const { input, hidden0, cell0, weightInput, weightHidden } = operands;
  return [input, hidden0, cell0, weightInput, weightHidden];
};
export const read = (values: Tensor): Float32Array => values.detach().to('cpu').contiguous().toFloat32();

/** All results, and the gradients of a random weighting of those that `weigh` lets in. */
export function outcome(
  compute: typeof recurrentTree,
  program: TreeProgram,
  operands: RecurrentTreeOperands,
  weigh: readonly ('outputs' | 'hidden' | 'cell')[] = ['outputs', 'hidden', 'cell'],
): Float32Array[] {
  return scope(() => {
    const results = compute(program, operands);
    const generator = new Generator(9);
    const parts = weigh.map((name) => {
      const result = results[name];
      return result.mul(randn(result.shape, { generator }).to(result.dtype).to(result.device)).sum();
    });
    const loss = parts.reduce((sum, part) => sum.add(part));
    const found = gradients(loss, learning(operands), { allowUnused: true });
    return [results.outputs, results.hidden, results.cell, ...found].map(read);
  });
}

/** The largest difference of any array, as a share of the largest number in it or of 1. */
export function difference(found: readonly Float32Array[], expected: readonly Float32Array[]): number {
  expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  const shares = found.map((values, i) => {
    const other = expected[i] as Float32Array;
    const scale = other.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    return values.reduce((most, value, at) => {
      const share = Math.abs(value - (other[at] as number)) / scale;
      return Number.isNaN(share) ? Number.POSITIVE_INFINITY : Math.max(most, share);
    }, 0);
  });
  return Math.max(...shares);
}

/** The largest root of a mean square difference of any array, as a share of that of its numbers. */
export function meanDifference(found: readonly Float32Array[], expected: readonly Float32Array[]): number {
  const size = (values: Float32Array): number => Math.hypot(...values);
  const shares = found.map((values, i) => {
    const other = expected[i] as Float32Array;
    return size(values.map((value, at) => value - (other[at] as number))) / size(other);
  });
  return Math.max(...shares);
}
