import { assertNever } from '../../assert-never.ts';
import { NascentError } from '../../errors.ts';
import type { RecurrentArchitecture } from './architecture.ts';

/** A language model of stacked recurrent layers between an embedding and a softmax. */
export interface LanguageModelShape {
  /** Words or characters. */
  readonly vocabulary: number;
  /** Width of each layer, and of the embedding. */
  readonly hidden: number;
  readonly layers: number;
  /** Whether embedding and softmax share one table. */
  readonly tied: boolean;
}

/**
 * Trained numbers of one layer.
 *
 * A tree of base b has b·H·(I + H), without biases; the native layers have 4 or 3 times H·(I + H), and two biases
 * for each gate, as PyTorch has.
 */
export function layerParameters(cell: RecurrentArchitecture, inputs: number, hidden: number): number {
  switch (cell.kind) {
    case 'recurrent-cell':
      return cell.base * hidden * (inputs + hidden);
    case 'native-cell':
      return (cell.cell === 'lstm' ? 4 : 3) * hidden * (inputs + hidden + 2);
    default:
      return assertNever(cell);
  }
}

/** Trained numbers of the whole model, softmax bias included. */
export function languageModelParameters(cell: RecurrentArchitecture, shape: LanguageModelShape): number {
  const { vocabulary, hidden, layers, tied } = shape;
  const tables = vocabulary * hidden * (tied ? 1 : 2) + vocabulary;
  return tables + layers * layerParameters(cell, hidden, hidden);
}

/**
 * The largest hidden size whose model has at most `budget` parameters (Zoph & Le 2017, §4.2).
 * @throws NascentError `CONFIG_INVALID` where not even a hidden size of 1 fits
 */
export function hiddenSizeFor(
  cell: RecurrentArchitecture,
  budget: number,
  shape: Omit<LanguageModelShape, 'hidden'>,
): number {
  const parameters = (hidden: number) => languageModelParameters(cell, { ...shape, hidden });
  if (parameters(1) > budget) {
    throw new NascentError(
      'CONFIG_INVALID',
      `a budget of ${budget} parameters is too small: with ${shape.vocabulary} words and a hidden size of 1 the model ` +
        `has ${parameters(1)}. Raise the option parameters, or choose a smaller vocabulary.`,
    );
  }
  let [fits, over] = [1, 2];
  while (parameters(over) <= budget) over *= 2;
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    if (parameters(middle) <= budget) fits = middle;
    else over = middle;
  }
  return fits;
}
