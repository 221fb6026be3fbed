/** The shape of a cell of base b: 2b−1 nodes, of which the first b are leaves and the last is the root. */
export interface CellTree {
  readonly base: number;
  /** Of internal node b+i the two nodes that it joins, left and right; each node is joined once. */
  readonly children: readonly (readonly [number, number])[];
  readonly root: number;
}

/** Powers of two alone: every level then pairs all of the one below. */
export function isBase(base: number): boolean {
  return Number.isInteger(base) && base >= 2 && base <= 64 && (base & (base - 1)) === 0;
}

/**
 * Numbers the tree level by level (Zoph & Le 2017, §3.4): for base 8 node 8 joins leaves 0 and 1, node 12 joins
 * nodes 8 and 9, and the root, 14, joins 12 and 13.
 * @throws RangeError where `base` is none (`isBase`)
 */
export function treeOf(base: number): CellTree {
  if (!isBase(base)) throw new RangeError(`a cell's base is ${base}; expected a power of two from 2 to 64`);
  // Level by level, pair i joins nodes 2i and 2i+1 of the whole numbering.
  const children = Array.from({ length: base - 1 }, (_, i) => [2 * i, 2 * i + 1] as const);
  return { base, children, root: 2 * base - 2 };
}
