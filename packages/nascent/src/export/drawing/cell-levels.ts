/** The nodes of a cell's tree by level, from the leaves to the root: of base 4 `[[0, 1, 2, 3], [4, 5], [6]]`. */
export function levelsOf({ base }: { readonly base: number }): readonly (readonly number[])[] {
  const levels: number[][] = [];
  for (let [first, count] = [0, base]; count >= 1; [first, count] = [first + count, count / 2])
    levels.push(Array.from({ length: count }, (_, i) => first + i));
  return levels;
}
