import type { OptionValue } from '../decision.ts';
import type { SearchSpace } from '../space.ts';
import { encodeSample } from '../tokens.ts';
import type {
  Activation,
  CellNode,
  Combination,
  NativeCell,
  RecurrentCellArchitecture,
} from './architecture.ts';
import { nativeCell, recurrentCell } from './space.ts';

/** A cell that was known before any search. */
export interface KnownCell {
  readonly tokens: string;
  readonly about: string;
}

type Pair = readonly [Combination, Activation];

function cellOf(
  pairs: readonly Pair[],
  inject: Pair,
  [cellIndex, injectIndex]: readonly [number, number],
): RecurrentCellArchitecture {
  const node = ([combination, activation]: Pair): CellNode => ({ combination, activation });
  return {
    kind: 'recurrent-cell',
    version: 1,
    base: (pairs.length + 1) / 2,
    nodes: pairs.map(node),
    inject: node(inject),
    cellIndex,
    injectIndex,
  };
}

/** The worked example of base 2 (Zoph & Le 2017, §3.4). */
export const workedExample: RecurrentCellArchitecture = cellOf(
  [
    ['add', 'tanh'],
    ['elem_mult', 'relu'],
    ['elem_mult', 'sigmoid'],
  ],
  ['add', 'relu'],
  [1, 0],
);

/** The cell that the authors found and released (Zoph & Le 2017, appendix). */
export const nasCell: RecurrentCellArchitecture = cellOf(
  [
    ['add', 'sigmoid'],
    ['add', 'relu'],
    ['add', 'sigmoid'],
    ['elem_mult', 'relu'],
    ['add', 'tanh'],
    ['add', 'sigmoid'],
    ['add', 'tanh'],
    ['add', 'sigmoid'],
    ['elem_mult', 'tanh'],
    ['add', 'tanh'],
    ['elem_mult', 'tanh'],
    ['add', 'sigmoid'],
    ['elem_mult', 'identity'],
    ['add', 'tanh'],
    ['elem_mult', 'tanh'],
  ],
  ['add', 'tanh'],
  [12, 8],
);

/**
 * As near as a tree of base 8 comes to a long short-term memory: c = f·f′·c + i·g and h = tanh(c)·o·o′·o″·o‴. Its
 * gates are products, because each of the eight leaves must go somewhere.
 */
export const lstmLike: RecurrentCellArchitecture = cellOf(
  [
    ['add', 'sigmoid'], // f
    ['add', 'sigmoid'], // f′
    ['add', 'sigmoid'], // i
    ['add', 'tanh'], // g
    ['add', 'sigmoid'], // o
    ['add', 'sigmoid'], // o′
    ['add', 'sigmoid'], // o″
    ['add', 'sigmoid'], // o‴
    ['elem_mult', 'identity'], // f·f′, then ·c by the cell inject
    ['elem_mult', 'identity'], // i·g
    ['elem_mult', 'identity'],
    ['elem_mult', 'identity'],
    ['add', 'tanh'], // c, then its tanh
    ['elem_mult', 'identity'], // all of the output gate
    ['elem_mult', 'identity'],
  ],
  ['elem_mult', 'identity'],
  [12, 8],
);

/** By name, for a look, as the start of a search, or to compare with. */
export const knownCells: ReadonlyMap<string, KnownCell> = new Map([
  [
    'nascell',
    { tokens: tokensOfCell(nasCell), about: 'the cell that Zoph & Le found, as released (base 8)' },
  ],
  [
    'lstm-like',
    { tokens: tokensOfCell(lstmLike), about: 'a tree of base 8 that is nearly an LSTM, without biases' },
  ],
  [
    'worked-example',
    { tokens: tokensOfCell(workedExample), about: 'the cell of base 2 that the paper works out' },
  ],
  ['lstm', { tokens: tokensOfNative('lstm'), about: 'long short-term memory, the layer of the engine' }],
  ['gru', { tokens: tokensOfNative('gru'), about: 'gated recurrent unit, the layer of the engine' }],
]);

/** The sample of the space `recurrent-cell` that decodes to this cell. */
function tokensOfCell({ base, nodes, inject, cellIndex, injectIndex }: RecurrentCellArchitecture): string {
  const pairs = [...nodes, inject].flatMap(({ combination, activation }) => [combination, activation]);
  return tokensOf(recurrentCell({ base }), [...pairs, cellIndex, injectIndex]);
}

function tokensOfNative(cell: NativeCell): string {
  return tokensOf(nativeCell(), [cell]);
}

/** @param values one for each question, in order */
function tokensOf(space: SearchSpace, values: readonly OptionValue[]): string {
  const dialogue = space.start({});
  for (const value of values) {
    const decision = dialogue.question?.decision ?? '';
    const declared = space.decisions[decision];
    const index = declared?.kind === 'choice' ? declared.options.indexOf(value) : -1;
    dialogue.answer({ kind: 'choice', decision, index });
  }
  return encodeSample(dialogue.sample(), space);
}
