import type { Lane } from './lanes.ts';

/** Where a box stands, in lines of the drawing. */
export interface BoxLines {
  /** The line that incoming lanes arrive at. */
  readonly arrival: number;
  /** The line that outgoing lanes leave from: the box's lower edge. */
  readonly departure: number;
}

/** Columns that a gutter with these lanes takes: two for each lane, two for the arrow. */
export function gutterWidth(lanes: readonly Lane[]): number {
  const columns = lanes.reduce((most, lane) => Math.max(most, lane.column + 1), 0);
  return columns === 0 ? 0 : 2 * columns + 2;
}

/** The arms of a lane's character, as bits; LEFT comes from a line that passes to an outer lane. */
const [UP, DOWN, RIGHT, LEFT] = [1, 2, 4, 8];
const CHARACTERS: Readonly<Record<number, string>> = {
  0: ' ',
  [LEFT]: '─', // only passed by: there is no lane here
  [UP | DOWN]: '│',
  // A line to an outer lane goes behind a lane that it does not join: ┼ is kept for lanes that it joins.
  [UP | DOWN | LEFT]: '│',
  [DOWN | RIGHT]: '╭',
  [UP | RIGHT]: '╰',
  [UP | RIGHT | LEFT]: '┴',
  [UP | DOWN | RIGHT]: '├',
  [UP | DOWN | RIGHT | LEFT]: '┼',
};

/**
 * Draws the lanes beside the boxes.
 * @param lines how many lines the drawing has
 * @param boxes by layer
 * @returns one text for each line, all of `gutterWidth(lanes)` columns; arrivals end in an arrow
 */
export function drawGutter(
  lanes: readonly Lane[],
  boxes: readonly BoxLines[],
  lines: number,
): readonly string[] {
  const width = gutterWidth(lanes);
  const arms = Array.from({ length: lines }, () => new Array<number>(width).fill(0));
  const arrivals = new Set<number>();
  const add = (line: number, column: number, arm: number) => {
    const row = arms[line];
    if (row !== undefined) row[column] = (row[column] ?? 0) | arm;
  };

  for (const { source, targets, column } of lanes) {
    const at = width - 4 - 2 * column;
    const first = boxes[source]?.departure ?? 0;
    const stops = targets.map((target) => boxes[target]?.arrival ?? 0);
    const last = Math.max(...stops);
    for (let line = first; line <= last; line++) {
      if (line > first) add(line, at, UP);
      if (line < last) add(line, at, DOWN);
    }
    for (const line of [first, ...stops]) {
      add(line, at, RIGHT);
      for (let x = at + 1; x < width; x++) add(line, x, LEFT);
    }
    for (const line of stops) arrivals.add(line);
  }
  return arms.map((row, line) => {
    const text = row.map((cell) => CHARACTERS[cell] ?? ' ').join('');
    return arrivals.has(line) ? `${text.slice(0, -1)}▶` : text;
  });
}
