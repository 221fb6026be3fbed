import type { NetworkDescription } from '../../search-space/index.ts';

/**
 * A layer whose output is read further down than by the next layer: a vertical line in the drawing's gutter,
 * from its source down to the last layer that reads it.
 */
export interface Lane {
  readonly source: number;
  /** Ascending, each more than one layer below the source. */
  readonly targets: readonly number[];
  /** 0 is next to the boxes; lanes that run side by side have different columns. */
  readonly column: number;
}

/**
 * Gives each skip connection's source a lane and each lane a column, so that no two lanes touch and short
 * ones lie inside of long ones.
 */
export function lanesOf({ layers }: NetworkDescription): readonly Lane[] {
  const targetsOf = new Map<number, number[]>();
  for (const [target, { inputs }] of layers.entries()) {
    for (const source of inputs) {
      if (source < target - 1) targetsOf.set(source, [...(targetsOf.get(source) ?? []), target]);
    }
  }
  const spans = [...targetsOf].map(([source, targets]) => ({ source, targets, end: Math.max(...targets) }));
  spans.sort((a, b) => a.end - a.source - (b.end - b.source) || a.source - b.source);

  const placed: (Lane & { readonly end: number })[] = [];
  for (const span of spans) {
    // A lane leaves below its source's text and arrives beside its target's, so one may end where another begins.
    const taken = placed
      .filter((lane) => span.source < lane.end && lane.source < span.end)
      .map((lane) => lane.column);
    let column = 0;
    while (taken.includes(column)) column++;
    placed.push({ ...span, column });
  }
  return placed.map(({ source, targets, column }) => ({ source, targets, column }));
}
