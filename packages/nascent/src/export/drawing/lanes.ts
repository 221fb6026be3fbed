import type { NetworkDescription } from '../../search-space/index.ts';

/** A layer whose output is read further down than by the next layer. */
export interface Skip {
  readonly source: number;
  /** Ascending, each more than one layer below the source. */
  readonly targets: readonly number[];
  /** The last of them. */
  readonly end: number;
}

/** The vertical line of a skip in a drawing's gutter, from its source down to the last layer that reads it. */
export interface Lane extends Skip {
  /** 0 is next to the boxes; lanes that run side by side have different columns. */
  readonly column: number;
}

/** The skips of a network, by source. */
export function skipsOf({ layers }: NetworkDescription): readonly Skip[] {
  const targetsOf = new Map<number, number[]>();
  for (const [target, { inputs }] of layers.entries()) {
    for (const source of inputs) {
      if (source < target - 1) targetsOf.set(source, [...(targetsOf.get(source) ?? []), target]);
    }
  }
  return [...targetsOf]
    .map(([source, targets]) => ({ source, targets, end: Math.max(...targets) }))
    .sort((a, b) => a.source - b.source);
}

/**
 * Whether the lanes of two skips run side by side somewhere. A lane leaves below its source's text and arrives
 * beside its target's, so one may end where another begins.
 */
export function runBeside(a: Skip, b: Skip): boolean {
  return a.source < b.end && b.source < a.end;
}

/** Gives each skip a lane in one gutter, so that no two lanes touch and short ones lie inside of long ones. */
export function lanesOf(description: NetworkDescription): readonly Lane[] {
  const skips = skipsOf(description).toSorted((a, b) => a.end - a.source - (b.end - b.source));
  const placed: Lane[] = [];
  for (const skip of skips) {
    const taken = placed.filter((lane) => runBeside(lane, skip)).map((lane) => lane.column);
    let column = 0;
    while (taken.includes(column)) column++;
    placed.push({ ...skip, column });
  }
  return placed;
}
