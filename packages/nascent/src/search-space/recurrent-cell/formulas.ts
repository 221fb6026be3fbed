import { assertNever } from '../../assert-never.ts';
import type {
  Activation,
  CellNode,
  Combination,
  NativeCell,
  RecurrentCellArchitecture,
} from './architecture.ts';
import { treeOf } from './tree.ts';

/** One equation: `name = text`. */
export interface Formula {
  readonly name: string;
  readonly text: string;
}

/** Of a formula, with what it is made of at the outside, which says where it needs parentheses. */
interface Term {
  readonly text: string;
  readonly sum: boolean;
}

/**
 * A cell as equations, node by node in index order, each after those that it reads.
 *
 * `x` is x_t; `h` and `c` are h_{t−1} and c_{t−1}; `h′` and `c′` are h_t and c_t; `·` multiplies element by element.
 * `n8` is what later nodes read of node 8, after a cell inject where it has one; the root is called `h′`. The node that
 * c_t leaves from has two formulas, the first of which is `c′`.
 */
export function cellFormulas(cell: RecurrentCellArchitecture): readonly (readonly Formula[])[] {
  const { base, nodes, inject, cellIndex, injectIndex } = cell;
  const { children, root } = treeOf(base);
  return nodes.map(({ combination, activation }, i) => {
    const [left, right] = children[i - base] ?? [];
    const joined =
      left === undefined || right === undefined
        ? combined(combination, plain(`W${i} x`), `U${i} h`)
        : combined(combination, plain(`n${left}`), `n${right}`);
    const value = activated(activation, i === cellIndex ? plain('c′') : joined);
    const read = i === injectIndex ? injected(inject, value) : value;
    const own = { name: i === root ? 'h′' : `n${i}`, text: read.text };
    return i === cellIndex ? [{ name: 'c′', text: joined.text }, own] : [own];
  });
}

function injected({ combination, activation }: CellNode, value: Term): Term {
  return activated(activation, combined(combination, value, 'c'));
}

function combined(combination: Combination, left: Term, right: string): Term {
  switch (combination) {
    case 'add':
      return { text: `${left.text} + ${right}`, sum: true };
    case 'elem_mult':
      return plain(`${left.sum ? `(${left.text})` : left.text} · ${right}`);
    case 'max':
      return plain(`max(${left.text}, ${right})`);
    default:
      return assertNever(combination);
  }
}

function activated(activation: Activation, value: Term): Term {
  return activation === 'identity' ? value : plain(`${activation}(${value.text})`);
}

function plain(text: string): Term {
  return { text, sum: false };
}

/** The layers of the engine as equations, with their biases; a GRU has no c. */
export function nativeFormulas(cell: NativeCell): readonly Formula[] {
  const gate = (name: string, activation: string): Formula => ({
    name,
    text: `${activation}(W${name} x + U${name} h + b${name})`,
  });
  switch (cell) {
    case 'lstm':
      return [
        gate('i', 'sigmoid'),
        gate('f', 'sigmoid'),
        gate('g', 'tanh'),
        gate('o', 'sigmoid'),
        { name: 'c′', text: 'f · c + i · g' },
        { name: 'h′', text: 'o · tanh(c′)' },
      ];
    case 'gru':
      return [
        gate('r', 'sigmoid'),
        gate('z', 'sigmoid'),
        { name: 'n', text: 'tanh(Wn x + bn + r · (Un h + dn))' },
        { name: 'h′', text: '(1 − z) · n + z · h' },
      ];
    default:
      return assertNever(cell);
  }
}
