import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NascentError } from '../../errors.ts';
import type { NativeCellArchitecture, RecurrentArchitecture } from './architecture.ts';
import { lstmLike, nasCell, workedExample } from './known-cells.ts';
import { hiddenSizeFor, type LanguageModelShape, languageModelParameters, layerParameters } from './size.ts';

const native = (cell: 'lstm' | 'gru'): NativeCellArchitecture => ({ kind: 'native-cell', version: 1, cell });
const cells: readonly RecurrentArchitecture[] = [nasCell, workedExample, native('lstm'), native('gru')];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Every tensor of one layer, by its shape: leaves, or gates, each on its own. */
function shapesOf(
  cell: RecurrentArchitecture,
  inputs: number,
  hidden: number,
): readonly (readonly number[])[] {
  const matrices = [
    [hidden, inputs],
    [hidden, hidden],
  ];
  if (cell.kind === 'recurrent-cell') return Array.from({ length: cell.base }, () => matrices).flat();
  const gate = [...matrices, [hidden], [hidden]];
  return Array.from({ length: cell.cell === 'lstm' ? 4 : 3 }, () => gate).flat();
}
const countOf = (shapes: readonly (readonly number[])[]): number =>
  sum(shapes.map((shape) => shape.reduce((product, side) => product * side, 1)));

const shapes: fc.Arbitrary<LanguageModelShape> = fc.record({
  vocabulary: fc.integer({ min: 1, max: 50_000 }),
  hidden: fc.integer({ min: 1, max: 2_000 }),
  layers: fc.integer({ min: 1, max: 4 }),
  tied: fc.boolean(),
});

describe('the parameters of a recurrent layer', () => {
  it('are those of its matrices and biases, one by one (property)', () => {
    const side = fc.integer({ min: 1, max: 500 });
    fc.assert(
      fc.property(fc.constantFrom(...cells), side, side, (cell, inputs, hidden) => {
        expect(layerParameters(cell, inputs, hidden)).toBe(countOf(shapesOf(cell, inputs, hidden)));
      }),
    );
  });

  it('of a tree are b pairs of matrices, whatever its nodes do', () => {
    expect(layerParameters(nasCell, 10, 20)).toBe(8 * 20 * (10 + 20));
    expect(layerParameters(lstmLike, 10, 20)).toBe(layerParameters(nasCell, 10, 20));
    expect(layerParameters(workedExample, 10, 20)).toBe(2 * 20 * (10 + 20));
  });

  it("of the engine's layers are those that PyTorch counts", () => {
    // sum(p.numel() for p in torch.nn.LSTM(10, 20).parameters()), and torch.nn.GRU
    expect(layerParameters(native('lstm'), 10, 20)).toBe(2_560);
    expect(layerParameters(native('gru'), 10, 20)).toBe(1_920);
  });
});

describe('the parameters of a language model', () => {
  it('are those of its tables, layers and bias, one by one (property)', () => {
    fc.assert(
      fc.property(fc.constantFrom(...cells), shapes, (cell, shape) => {
        const { vocabulary, hidden, layers, tied } = shape;
        const embedding = vocabulary * hidden;
        const softmax = tied ? 0 : vocabulary * hidden;
        const stacked = sum(Array.from({ length: layers }, () => countOf(shapesOf(cell, hidden, hidden))));
        expect(languageModelParameters(cell, shape)).toBe(embedding + stacked + softmax + vocabulary);
      }),
    );
  });

  it('of the medium LSTM of Zaremba et al. (2014) are its 20 million', () => {
    const medium = { vocabulary: 10_000, hidden: 650, layers: 2, tied: false };
    expect(languageModelParameters(native('lstm'), medium)).toBe(19_780_400);
  });
});

describe('the hidden size for a budget', () => {
  const medium = { vocabulary: 10_000, layers: 2, tied: false };

  it('is the largest that fits (property)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...cells),
        shapes,
        fc.integer({ min: 0, max: 200_000_000 }),
        (cell, { hidden: _, ...shape }, above) => {
          const budget = languageModelParameters(cell, { ...shape, hidden: 1 }) + above;
          const hidden = hiddenSizeFor(cell, budget, shape);
          expect(languageModelParameters(cell, { ...shape, hidden })).toBeLessThanOrEqual(budget);
          expect(languageModelParameters(cell, { ...shape, hidden: hidden + 1 })).toBeGreaterThan(budget);
        },
      ),
    );
  });

  it('gives a model that fits exactly its own hidden size (property)', () => {
    fc.assert(
      fc.property(fc.constantFrom(...cells), shapes, (cell, { hidden, ...shape }) => {
        const budget = languageModelParameters(cell, { ...shape, hidden });
        expect(hiddenSizeFor(cell, budget, shape)).toBe(hidden);
        expect(hidden === 1 || hiddenSizeFor(cell, budget - 1, shape) === hidden - 1).toBe(true);
      }),
    );
  });

  it('makes cells of one budget comparable: more leaves, fewer units', () => {
    const budget = 20_000_000;
    expect(hiddenSizeFor(native('lstm'), budget, medium)).toBe(655);
    expect(hiddenSizeFor(native('gru'), budget, medium)).toBe(702);
    expect(hiddenSizeFor(nasCell, budget, medium)).toBe(537);
    expect(hiddenSizeFor(workedExample, budget, medium)).toBe(765);
  });

  it('that is too small for any is an error that says what would be needed', () => {
    expect(() => hiddenSizeFor(nasCell, 1_000, medium)).toThrow(NascentError);
    expect(() => hiddenSizeFor(nasCell, 1_000, medium)).toThrow(
      'a budget of 1000 parameters is too small: with 10000 words and a hidden size of 1 the model has 30032. ' +
        'Raise the option parameters, or choose a smaller vocabulary.',
    );
  });
});
