import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Generator,
  gradients,
  randn,
  recurrentTreeEager,
  scope,
  type Tensor,
  type TreeProgram,
} from '@nascent/torch';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { native } from '../../src/native.ts';
import { encoded } from '../../src/ops/tree-program.ts';
import { difference, learning, operandsOf, read, type Sizes } from './outcomes.ts';
import { activations, anyProgram, combinations, lstm, nasCell } from './programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'nascent-kernels-'));
afterAll(() => rmSync(folder, { recursive: true }));
let built = 0;

/** Compiles a tree's kernels with the compiler that builds the addon, in `kernels.cc`. */
function compiled(program: TreeProgram): string {
  const file = join(folder, `${++built}`);
  writeFileSync(`${file}.cu`, native().recurrentTreeKernels(encoded(program), false));
  const harness = fileURLToPath(new URL('kernels.cc', import.meta.url));
  const compiler = process.env['CXX'] ?? 'c++';
  const ran = spawnSync(compiler, ['-std=c++17', '-O0', `-DKERNELS="${file}.cu"`, harness, '-o', file], {
    encoding: 'utf8',
  });
  if (ran.status !== 0)
    throw new Error(`${compiler} refused the kernels of a tree:\n${ran.stderr ?? ran.error}`);
  return file;
}

function check(program: TreeProgram, sizes: Sizes, mask: boolean): void {
  scope(() => {
    const { steps, batch, inputs, units } = sizes;
    const generator = new Generator(3);
    const arriving = [
      [steps, batch, units],
      [batch, units],
      [batch, units],
    ].map((shape) => randn(shape, { generator }));

    const exact = operandsOf(program, sizes, mask, 'float64');
    const results = recurrentTreeEager(program, exact);
    const values = [results.outputs, results.hidden, results.cell];
    const loss = values
      .map((value, i) => value.mul((arriving[i] as Tensor).to('float64')).sum())
      .reduce((sum, part) => sum.add(part));
    const found = gradients(loss, learning(exact), { allowUnused: true });
    const expected = [...values, ...found].map((value) => read(value as Tensor));

    const operands = operandsOf(program, sizes, mask);
    const given = [
      ...learning(operands),
      ...(operands.hiddenMask === null ? [] : [operands.hiddenMask]),
      ...arriving,
    ];
    const words = [steps, batch, inputs, units, program.leaves.length, mask ? 1 : 0].map(String);
    const ran = spawnSync(compiled(program), words, {
      input: Buffer.concat(given.map((tensor) => Buffer.from(read(tensor).buffer))),
      maxBuffer: 1 << 26,
    });
    expect(ran.status).toBe(0);
    const numbers = new Float32Array(new Uint8Array(ran.stdout).buffer);
    const parts: Float32Array[] = [];
    let start = 0;
    for (const { length } of expected) {
      parts.push(numbers.subarray(start, start + length));
      start += length;
    }
    expect(start).toBe(numbers.length);
    expect(difference(parts, expected)).toBeLessThan(2e-5);
  });
}

describe('the CUDA kernels of a tree, compiled for the CPU › the numbers of the operations apart', () => {
  it.each([
    ['NASCell', nasCell, { steps: 3, batch: 2, inputs: 4, units: 5 }, true],
    ['LSTM', lstm, { steps: 2, batch: 3, inputs: 3, units: 17 }, false],
  ] as const)('%s', (_, program, sizes, mask) => check(program, sizes, mask));

  it.each(combinations)('every node %s, with each activation', (combination) => {
    const leaves = activations.map((activation) => ({ combination, activation }));
    const nodes = activations.map((activation, i) => ({ left: i, right: 4 + i, combination, activation }));
    const inject = { node: 6, combination, activation: 'tanh' } as const;
    check({ leaves, nodes, inject, cell: 7 }, { steps: 2, batch: 3, inputs: 2, units: 4 }, true);
  });

  it('random graphs: sides used twice, nodes nobody reads, nothing but leaves', () => {
    const sizes = { steps: 2, batch: 2, inputs: 3, units: 3 };
    fc.assert(
      fc.property(anyProgram, fc.boolean(), (program, mask) => check(program, sizes, mask)),
      { seed: 4, numRuns: 8 },
    );
  });
});
