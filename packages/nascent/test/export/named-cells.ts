import {
  type CellNode,
  decodeTokens,
  knownCells,
  parseRecurrentArchitecture,
  type RecurrentArchitecture,
  type RecurrentCellArchitecture,
  spaceOfTokens,
} from '../../src/search-space/index.ts';

function known(name: string): RecurrentArchitecture {
  const tokens = knownCells.get(name)?.tokens ?? '';
  const space = spaceOfTokens(tokens);
  return parseRecurrentArchitecture(space.decode(decodeTokens(tokens, space)));
}

/** `add tanh, max sin, …` */
function cell(
  nodes: string,
  inject: string,
  indices: Pick<RecurrentCellArchitecture, 'cellIndex' | 'injectIndex'>,
): RecurrentArchitecture {
  const node = (text: string): CellNode => {
    const [combination, activation] = text.trim().split(' ');
    return { combination, activation } as CellNode;
  };
  const list = nodes.split(',').map(node);
  return parseRecurrentArchitecture({
    kind: 'recurrent-cell',
    version: 1,
    base: (list.length + 1) / 2,
    nodes: list,
    inject: node(inject),
    ...indices,
  });
}

/** The known cells, and one for each thing that a cell may do. */
export const namedCells: ReadonlyMap<string, RecurrentArchitecture> = new Map([
  ...[...knownCells.keys()].map((name) => [name, known(name)] as const),
  [
    'max and sin, in leaves, above and where the memory enters',
    cell('max sin, add sin, max tanh, max identity, max sin, add relu, max sigmoid', 'max sin', {
      cellIndex: 5,
      injectIndex: 4,
    }),
  ],
  [
    'c enters at the root',
    cell('add tanh, add sigmoid, elem_mult identity', 'add tanh', { cellIndex: 2, injectIndex: 2 }),
  ],
  [
    'c leaves from a leaf',
    cell('add tanh, elem_mult sigmoid, add relu', 'elem_mult sigmoid', { cellIndex: 1, injectIndex: 2 }),
  ],
  [
    'c leaves and enters at one leaf',
    cell('add tanh, add sigmoid, elem_mult tanh', 'add tanh', { cellIndex: 0, injectIndex: 0 }),
  ],
  [
    'h and c are one value',
    cell('add tanh, add sigmoid, elem_mult identity', 'add tanh', { cellIndex: 2, injectIndex: 0 }),
  ],
  [
    'no activation at all',
    cell('add identity, add identity, add identity', 'elem_mult identity', { cellIndex: 0, injectIndex: 1 }),
  ],
]);
