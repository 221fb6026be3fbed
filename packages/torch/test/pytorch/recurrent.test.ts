import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  gradients,
  linearCrossEntropy,
  recurrentTree,
  recurrentTreeEager,
  scope,
  type Tensor,
  type TreeProgram,
} from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { lstm, nasCell } from '../recurrent/programs.ts';
import { Numbers } from './numbers.ts';
import { pythonWithTorch } from './python.ts';

/*
 * Recurrent cells against PyTorch, whose numbers recurrent.numbers.json holds (recurrent_reference.py says how to make
 * it again); the inputs come from a formula that both sides compute.
 */

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface Layer {
  readonly results: readonly number[][];
  readonly gradients: readonly number[][];
}
interface Reference {
  readonly nasCell: Layer;
  readonly nasCellMasked: Layer;
  readonly lstm: Layer;
  readonly linearCrossEntropy: { readonly loss: number; readonly gradients: readonly number[][] };
}
const reference = JSON.parse(readFileSync(here('recurrent.numbers.json'), 'utf8')) as Reference;
const [steps, batch, inputs, units, classes] = [6, 3, 7, 5, 11];

const numbersIn = (value: unknown): number[] =>
  typeof value === 'number' ? [value] : Object.values(value as object).flatMap(numbersIn);

function expectClose(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
      1e-5 * Math.max(1, Math.abs(value)),
    );
}

describe('recurrent cells against PyTorch', () => {
  it('the committed numbers › are what PyTorch gives today', ({ skip }) => {
    const python = pythonWithTorch();
    if (python === null) return skip('no Python here imports torch; the committed numbers stand in for it');
    const run = spawnSync(python, [here('recurrent_reference.py')], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    expect(run.status, run.stderr).toBe(0);
    expectClose(numbersIn(JSON.parse(run.stdout)), numbersIn(reference));
  }, 120_000);

  function layer(compute: typeof recurrentTree, program: TreeProgram, masked: boolean): Layer {
    return scope(() => {
      const numbers = new Numbers(7);
      const rows = program.leaves.length * units;
      const draw = (shape: readonly number[], scale = 1): Tensor =>
        numbers.tensor(shape, scale).setRequiresGrad(true);
      const operands = {
        input: draw([steps, batch, inputs]),
        hidden0: draw([batch, units]),
        cell0: draw([batch, units]),
        weightInput: draw([rows, inputs], 0.7),
        weightHidden: draw([rows, units], 0.7),
      };
      const hiddenMask = numbers.tensor([batch, units]).add(1);
      const results = compute(program, { ...operands, hiddenMask: masked ? hiddenMask : null });
      const found = [results.outputs, results.hidden, results.cell];
      const [first, second, third] = found.map((result) =>
        result.mul(numbers.tensor(result.shape)).sum(),
      ) as [Tensor, Tensor, Tensor];
      const read = (value: Tensor): number[] => value.detach().contiguous().toNumbers();
      return {
        results: found.map(read),
        gradients: gradients(first.add(second).add(third), Object.values(operands)).map(read),
      };
    });
  }

  it.each([
    ['nasCell', nasCell, false],
    ['nasCellMasked', nasCell, true],
    ['lstm', lstm, false],
  ] as const)(
    '%s › results and gradients are equal, in one operation and in many',
    (name, program, masked) => {
      for (const compute of [recurrentTree, recurrentTreeEager]) {
        const found = layer(compute, program, masked);
        for (const [i, values] of found.results.entries())
          expectClose(values, reference[name].results[i] as number[]);
        for (const [i, values] of found.gradients.entries())
          expectClose(values, reference[name].gradients[i] as number[]);
      }
    },
  );

  it('linearCrossEntropy › loss and gradients are equal', () => {
    scope(() => {
      const numbers = new Numbers(8);
      const draw = (shape: readonly number[]): Tensor => numbers.tensor(shape, 2).setRequiresGrad(true);
      const [hidden, weight, bias] = [draw([9, inputs]), draw([classes, inputs]), draw([classes])];
      const loss = linearCrossEntropy(hidden, weight, bias, numbers.labels(9, classes));
      expectClose([loss.item()], [reference.linearCrossEntropy.loss]);
      for (const [i, found] of gradients(loss, [hidden, weight, bias]).entries())
        expectClose(found.toFloat32(), reference.linearCrossEntropy.gradients[i] as number[]);
    });
  });
});
