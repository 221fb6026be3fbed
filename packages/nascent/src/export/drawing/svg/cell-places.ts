import { textWidth } from '../../../experiment/compare/charts/text-width.ts';
import type { RecurrentCellArchitecture } from '../../../search-space/index.ts';
import { levelsOf } from '../cell-levels.ts';
import { FONT } from './box-column.ts';

/** A rectangle; `x` is its middle. Pixels. */
export interface Place {
  readonly x: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface NodePlace extends Place {
  readonly node: number;
  /** 0 for leaves. */
  readonly level: number;
}

/** Where everything of a cell's drawing stands, from the left upper corner of its room. */
export interface CellPlaces {
  readonly width: number;
  readonly height: number;
  /** By index. */
  readonly nodes: readonly NodePlace[];
  /** The box of the cell inject, above its node. */
  readonly inject: Place;
  /** By level, the y at which its wires bend towards the nodes above; of the root, where h_t leaves. */
  readonly bends: readonly number[];
  /** The y at which c_t passes over the nodes at its right; null where there are none. */
  readonly track: number | null;
  /** Where the two lines of what leaves read begin, and where their names stand. */
  readonly inputs: { readonly start: number; readonly baseline: number };
}

/** Of a node's box: the band that holds its index, and around the texts. */
export const BAND = 25;
const PADDING = 8;
export const CELL_HEIGHT = 20;
const BOX_GAP = 16;
/** At the left for c_{t−1}, at the right for c_t, above for h_t. */
const [LEFT, RIGHT, OUTPUT] = [52, 38, 18];
/** From a node's top up to the bend of its wire, from there to the node above, around the inject, for the track of c_t. */
const [STEM, ENTRY, INJECT_STEM, TRACK] = [12, 20, 18, 12];
const INPUTS = 22;

/** The lower or upper half of a box, where its combination or its activation stands. */
export function middleOf({ top }: Pick<Place, 'top'>, half: 'activation' | 'combination'): number {
  return top + (half === 'activation' ? 0.5 : 1.5) * CELL_HEIGHT;
}

export function leftOf({ x, width }: Place): number {
  return x - width / 2;
}

export function rightOf({ x, width }: Place): number {
  return x + width / 2;
}

export function bottomOf({ top, height }: Place): number {
  return top + height;
}

export function placesOf(cell: RecurrentCellArchitecture): CellPlaces {
  const { base, cellIndex, injectIndex } = cell;
  const texts = textsWidth(cell);
  const box = { width: Math.ceil(BAND + texts + 2 * PADDING), height: 2 * CELL_HEIGHT };
  const pitch = box.width + BOX_GAP;
  const levels = levelsOf(cell);
  const levelOf = (node: number) => levels.findIndex((level) => level.includes(node));
  // Whether there are nodes at the right of the one that c_t leaves.
  const followed = levels.every((level) => level.at(-1) !== cellIndex);
  const rows = rowsOf(levels.length - 1, levelOf(injectIndex), followed ? levelOf(cellIndex) : null);
  const nodes = levels.flatMap((level, at) =>
    level.map((node, i): NodePlace => {
      const x = LEFT + 2 ** at * (i + 0.5) * pitch - BOX_GAP / 2;
      return { node, level: at, x, top: rows[at]?.top ?? 0, ...box };
    }),
  );
  const [injected, leaving] = [nodes[injectIndex], nodes[cellIndex]] as [NodePlace, NodePlace];
  const leavesEnd = bottomOf(nodes[0] as NodePlace);
  return {
    width: LEFT + base * pitch - BOX_GAP + RIGHT,
    height: leavesEnd + INPUTS + 18,
    nodes,
    inject: {
      x: injected.x,
      top: rows[injected.level]?.injectTop ?? 0,
      width: Math.ceil(texts + 2 * PADDING),
      height: box.height,
    },
    bends: rows.map(({ bend }) => bend),
    track: followed ? leaving.top - 9 : null,
    inputs: { start: leavesEnd + INPUTS, baseline: leavesEnd + INPUTS + 13 },
  };
}

/** The widest of a cell's words. */
function textsWidth({ nodes, inject }: RecurrentCellArchitecture): number {
  const words = [...nodes, inject].flatMap(({ combination, activation }) => [combination, activation]);
  return Math.max(...words.map((word) => textWidth(word, FONT)));
}

interface Row {
  /** Of the boxes. */
  readonly top: number;
  readonly bend: number;
  readonly injectTop: number;
}

/** From the root down. @returns by level */
function rowsOf(levels: number, injectLevel: number, trackLevel: number | null): readonly Row[] {
  const rows: Row[] = [];
  let y = OUTPUT;
  for (let level = levels; level >= 0; level--) {
    const bend = level === levels ? y : y + ENTRY;
    const injectTop = bend + (level === levels ? ENTRY : STEM);
    const besides =
      (level === injectLevel ? 2 * CELL_HEIGHT + INJECT_STEM : 0) + (level === trackLevel ? TRACK : 0);
    const top = injectTop + besides;
    rows.unshift({ top, bend, injectTop });
    y = top + 2 * CELL_HEIGHT;
  }
  return rows;
}
