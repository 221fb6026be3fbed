import { describe, expect, it } from 'vitest';
import { isBase, treeOf } from './tree.ts';

describe('the tree of a cell', () => {
  it('of base 2 is two leaves and a root', () => {
    expect(treeOf(2)).toEqual({ base: 2, children: [[0, 1]], root: 2 });
  });

  it('of base 4 pairs the leaves, then what joins them', () => {
    expect(treeOf(4)).toEqual({
      base: 4,
      children: [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
      root: 6,
    });
  });

  it('of base 8 is numbered level by level: 8 joins 0 and 1, 12 joins 8 and 9, the root 14 joins 12 and 13', () => {
    const { children, root } = treeOf(8);
    expect(children).toHaveLength(7);
    expect(children[8 - 8]).toEqual([0, 1]);
    expect(children[11 - 8]).toEqual([6, 7]);
    expect(children[12 - 8]).toEqual([8, 9]);
    expect(children[13 - 8]).toEqual([10, 11]);
    expect(children[14 - 8]).toEqual([12, 13]);
    expect(root).toBe(14);
  });

  it.each([2, 4, 8, 16, 32, 64])(
    'of base %d joins every node but the root once, and leaves in pairs of one level',
    (base) => {
      const { children, root } = treeOf(base);
      expect(children.flat()).toEqual(Array.from({ length: root }, (_, i) => i));
      expect(root).toBe(base + children.length - 1);
      const level = (node: number): number => {
        const [left, right] = children[node - base] ?? [];
        if (left === undefined || right === undefined) return 0;
        expect(level(left)).toBe(level(right));
        return level(left) + 1;
      };
      expect(level(root)).toBe(Math.log2(base));
      // No node stands before one of a lower level.
      const levels = Array.from({ length: root + 1 }, (_, node) => level(node));
      expect(levels).toEqual(levels.toSorted((a, b) => a - b));
    },
  );

  it.each([0, 1, 3, 6, 128, -2, 2.5, Number.NaN])('of base %d does not exist', (base) => {
    expect(isBase(base)).toBe(false);
    expect(() => treeOf(base)).toThrow(`a cell's base is ${base}; expected a power of two from 2 to 64`);
  });
});
