/** One step of a cell in any arithmetic (numbers, formulas as text …), straight from the definition of the tree. */
import {
  type Activation,
  type Combination,
  type RecurrentCellArchitecture,
  treeOf,
} from '../src/search-space/index.ts';

export interface Arithmetic<T> {
  combine(combination: Combination, left: T, right: T): T;
  activate(activation: Activation, value: T): T;
}

/** What one step gives. */
export interface CellStep<T> {
  readonly h: T;
  readonly c: T;
}

/** @param leaves of leaf i the two values that it joins, W x and U h */
export function interpretCell<T>(
  { base, nodes, inject, cellIndex, injectIndex }: RecurrentCellArchitecture,
  leaves: readonly (readonly [T, T])[],
  c: T,
  { combine, activate }: Arithmetic<T>,
): CellStep<T> {
  const { children, root } = treeOf(base);
  const joined: T[] = [];
  const read: T[] = [];
  for (const [i, { combination, activation }] of nodes.entries()) {
    const pair = leaves[i] ?? children[i - base]?.map((child) => read[child] as T);
    const [left, right] = pair as readonly [T, T];
    joined.push(combine(combination, left, right));
    const value = activate(activation, joined[i] as T);
    read.push(i === injectIndex ? activate(inject.activation, combine(inject.combination, value, c)) : value);
  }
  return { h: read[root] as T, c: joined[cellIndex] as T };
}

export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

export const numbers: Arithmetic<number> = {
  combine(combination, a, b) {
    if (combination === 'max') return Math.max(a, b);
    return combination === 'add' ? a + b : a * b;
  },
  activate(activation, value) {
    const functions = {
      identity: (v: number) => v,
      tanh: Math.tanh,
      sigmoid,
      relu: (v: number) => Math.max(0, v),
      sin: Math.sin,
    };
    return functions[activation](value);
  },
};

/** `tanh((a+b))`: a formula in which every join has its parentheses. */
export const texts: Arithmetic<string> = {
  combine(combination, a, b) {
    if (combination === 'max') return `max(${a},${b})`;
    return `(${a}${combination === 'add' ? '+' : '*'}${b})`;
  },
  activate: (activation, value) => (activation === 'identity' ? value : `${activation}(${value})`),
};
