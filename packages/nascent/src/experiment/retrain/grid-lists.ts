/** The lists of a grid by what they vary: options of its space, every combination of which is a run. */
export type GridLists = Record<string, number[] | string[]>;

/** Of training by the search's own number of epochs, in a final training "to convergence". */
export const FINAL_EPOCHS_FACTOR = 4;

/** Twelve digits are enough to keep 3 · 0.1 from becoming 0.30000000000000004. */
export function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

/** What is there of an object. */
export function present<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}

/** The keys of a grid that are given and belong to another kind of network. */
export function misplacedKeys(grid: object | undefined, others: readonly string[]): readonly string[] {
  return others.filter((key) => Object.entries(grid ?? {}).some(([name, list]) => name === key && list));
}
