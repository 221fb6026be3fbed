import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpretCell, numbers, sigmoid } from '../../../test/interpreted-cell.ts';
import { sampledCells } from '../../../test/sampled-cells.ts';
import type { CellNode, RecurrentCellArchitecture } from './architecture.ts';
import { cellFormulas, type Formula, nativeFormulas } from './formulas.ts';
import { nasCell, workedExample } from './known-cells.ts';

const written = (formulas: readonly Formula[]): string[] =>
  formulas.map(({ name, text }) => `${name} = ${text}`);
const lines = (cell: RecurrentCellArchitecture): string[] => written(cellFormulas(cell).flat());

describe('the formulas of a cell', () => {
  it('worked example', () => {
    expect(lines(workedExample)).toEqual([
      'n0 = relu(tanh(W0 x + U0 h) + c)',
      'c′ = W1 x · U1 h',
      'n1 = relu(c′)',
      'h′ = sigmoid(n0 · n1)',
    ]);
  });

  it('NASCell', () => {
    expect(lines(nasCell).slice(7)).toEqual([
      'n7 = sigmoid(W7 x + U7 h)',
      'n8 = tanh(tanh(n0 · n1) + c)',
      'n9 = tanh(n2 + n3)',
      'n10 = tanh(n4 · n5)',
      'n11 = sigmoid(n6 + n7)',
      'c′ = n8 · n9',
      'n12 = c′',
      'n13 = tanh(n10 + n11)',
      'h′ = tanh(n12 · n13)',
    ]);
  });

  it('memory that leaves and enters at the root', () => {
    const root = { cellIndex: 2, injectIndex: 2, inject: node('max', 'sin') };
    expect(lines({ ...workedExample, ...root }).slice(2)).toEqual([
      'c′ = n0 · n1',
      'h′ = sin(max(sigmoid(c′), c))',
    ]);
  });

  it('a sum is in parentheses where it is multiplied', () => {
    const nodes = [node('add', 'identity'), ...workedExample.nodes.slice(1)];
    const multiplied = { ...workedExample, nodes, inject: node('elem_mult', 'identity') };
    expect(lines(multiplied)[0]).toBe('n0 = (W0 x + U0 h) · c');
    expect(lines({ ...multiplied, inject: node('add', 'tanh') })[0]).toBe('n0 = tanh(W0 x + U0 h + c)');
    expect(lines({ ...multiplied, cellIndex: 0 }).slice(0, 2)).toEqual(['c′ = W0 x + U0 h', 'n0 = c′ · c']);
  });

  it('calculate what the tree calculates (property)', () => {
    fc.assert(
      fc.property(
        sampledCells(),
        fc.infiniteStream(fc.double({ min: -2, max: 2, noNaN: true })),
        (sampled, values) => {
          const { cell } = sampled;
          const [x, h, c] = [next(values), next(values), next(values)];
          const weights = cell.nodes.slice(0, cell.base).map(() => [next(values), next(values)] as const);
          const leaves = weights.map(([w, u]) => [w * x, u * h] as const);
          const known = new Map(
            weights.flatMap(
              ([w, u], i) =>
                [
                  [`W${i}`, w],
                  [`U${i}`, u],
                ] as const,
            ),
          );
          const calculated = calculate(
            cellFormulas(cell).flat(),
            new Map([...known, ['x', x], ['h', h], ['c', c]]),
          );
          const step = interpretCell(cell, leaves, c, numbers);
          expect(calculated.get('h′')).toBeCloseTo(step.h, 10);
          expect(calculated.get('c′')).toBeCloseTo(step.c, 10);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the formulas of the layers of the engine', () => {
  it('have their biases', () => {
    expect(written(nativeFormulas('lstm'))).toEqual([
      'i = sigmoid(Wi x + Ui h + bi)',
      'f = sigmoid(Wf x + Uf h + bf)',
      'g = tanh(Wg x + Ug h + bg)',
      'o = sigmoid(Wo x + Uo h + bo)',
      'c′ = f · c + i · g',
      'h′ = o · tanh(c′)',
    ]);
    expect(written(nativeFormulas('gru')).slice(2)).toEqual([
      'n = tanh(Wn x + bn + r · (Un h + dn))',
      'h′ = (1 − z) · n + z · h',
    ]);
  });
});

function node(combination: CellNode['combination'], activation: CellNode['activation']): CellNode {
  return { combination, activation };
}

function next(values: Iterator<number>): number {
  return Number(values.next().value);
}

/** Reads the formulas as JavaScript, one after the other. @param known by name, what is given */
function calculate(
  formulas: readonly Formula[],
  known: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const functions = {
    tanh: Math.tanh,
    sigmoid,
    relu: (value: number) => Math.max(0, value),
    sin: Math.sin,
    max: Math.max,
  };
  const all = new Map<string, unknown>([...Object.entries(functions), ...known]);
  const plain = (text: string) =>
    text
      .replaceAll('′', 'New')
      .replaceAll('·', '*')
      .replaceAll(/([WU]\d+) /g, '$1*');
  for (const { name, text } of formulas) {
    const names = [...all.keys()];
    const value: unknown = new Function(...names, `return ${plain(text)}`)(...all.values());
    all.set(plain(name), value);
  }
  return new Map(formulas.map(({ name }) => [name, Number(all.get(plain(name)))]));
}
