import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawnCells } from '../../../test/fixtures/drawn-cells.ts';
import { sampledCells } from '../../../test/sampled-cells.ts';
import { type RecurrentCellArchitecture, treeOf } from '../../search-space/index.ts';
import { svgOfCell } from './cell-svg.ts';

const { nasCell, workedExample, everyPair } = drawnCells;

/** Cells in which c enters and leaves anywhere. */
const cells: fc.Arbitrary<RecurrentCellArchitecture> = sampledCells().map(({ cell }) => cell);

describe('a recurrent cell drawn as SVG', () => {
  it('looks as in the guide', async () => {
    const svg = svgOfCell(nasCell, { title: 'The cell that Zoph & Le (2017) released' });
    await expect(svg).toMatchFileSnapshot('../../../../../docs/guide/cell.svg');
  });

  it.each(Object.entries(drawnCells))(
    'is well-formed, and as large as it says (librsvg reads it): %s',
    async (_, cell) => {
      const svg = svgOfCell(cell, { title: 'A & B <"c">', facts: ['ä 95'] });
      const [, width, height] = /^<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
      const { format, ...size } = await sharp(Buffer.from(svg)).metadata();
      expect({ format, width: size.width, height: size.height }).toEqual({
        format: 'svg',
        width: Number(width),
        height: Number(height),
      });
    },
  );

  it('has a wire for exactly what the tree says: inputs, joins, the cell inject, both states (property)', () => {
    fc.assert(
      fc.property(cells, (cell) => {
        const { children, root } = treeOf(cell.base);
        const leaves = Array.from({ length: cell.base }, (_, leaf) => [`x>${leaf}`, `h>${leaf}`]);
        const joins = children.map((pair, i) => pair.map((child) => `${child}>${cell.base + i}`));
        const memory = [`${cell.injectIndex}>inject`, 'c>inject', `${cell.cellIndex}>c`];
        const expected = [...leaves.flat(), ...joins.flat(), ...memory, `${root}>h`];
        const wires = read(svgOfCell(cell, { title: '' })).wires.map(({ from, to }) => `${from}>${to}`);
        expect(wires.toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  it('has wires that begin and end at the boxes that they join, through the cell inject (property)', () => {
    fc.assert(
      fc.property(cells, (cell) => {
        const { boxes, wires } = read(svgOfCell(cell, { title: '' }));
        for (const { from, to, points } of wires) {
          const passed = from === String(cell.injectIndex) && to !== 'inject' && to !== 'c' ? 'inject' : from;
          const [source, target] = [boxes.get(passed), boxes.get(to)];
          // The arrow's head reaches over the last 5 pixels.
          if (source !== undefined) expect(touches(source, points[0] as Point, 0)).toBe(true);
          if (target !== undefined) expect(touches(target, points.at(-1) as Point, 5)).toBe(true);
        }
      }),
    );
  });

  it('lets c enter at the combination of the cell inject, and leave between combination and activation (property)', () => {
    fc.assert(
      fc.property(cells, (cell) => {
        const { boxes, wires } = read(svgOfCell(cell, { title: '' }));
        const lower = (box: Box | undefined, y: number) =>
          box !== undefined && y > box.y + box.height / 2 && y < box.y + box.height;
        const entering = wires.find(({ from }) => from === 'c');
        const leaving = wires.find(({ to }) => to === 'c');
        expect(lower(boxes.get('inject'), entering?.points.at(-1)?.[1] ?? 0)).toBe(true);
        expect(lower(boxes.get(String(cell.cellIndex)), leaving?.points[0]?.[1] ?? 0)).toBe(true);
      }),
    );
  });

  it('never leads a wire through a box, and only those of c over others (property)', () => {
    fc.assert(
      fc.property(cells, (cell) => {
        const { boxes, wires } = read(svgOfCell(cell, { title: '' }));
        const through = wires
          .flatMap(segmentsOf)
          .filter((line) => [...boxes.values()].some((box) => overlaps(line, box)));
        expect(through).toEqual([]);
        const plain = wires.filter(({ from, to }) => from !== 'c' && to !== 'c');
        for (const [i, a] of plain.entries())
          for (const b of plain.slice(i + 1))
            expect(pairsOf(segmentsOf(a), segmentsOf(b)).some(([s, t]) => meet(s, t))).toBe(false);
        // They cross others at right angles, and do not meet each other.
        for (const memory of wires.filter(({ from, to }) => from === 'c' || to === 'c'))
          for (const other of plain)
            for (const [s, t] of pairsOf(segmentsOf(memory), segmentsOf(other)))
              expect(isLevel(s) && isLevel(t) && meet(s, t)).toBe(false);
        const [entering, leaving] = wires
          .filter(({ from, to }) => from === 'c' || to === 'c')
          .map(segmentsOf);
        expect(entering?.some((s) => leaving?.some((t) => meet(s, t)))).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps boxes apart and inside of the figure, and every word inside of its box (property)', () => {
    fc.assert(
      fc.property(cells, (cell) => {
        const { boxes, width } = read(svgOfCell(cell, { title: '' }));
        const all = [...boxes.values()];
        expect(all).toHaveLength(cell.nodes.length + 1);
        for (const [i, box] of all.entries()) {
          expect(box.x).toBeGreaterThan(0);
          expect(box.x + box.width).toBeLessThan(width);
          for (const other of all.slice(i + 1)) {
            const beside = box.x + box.width < other.x || other.x + other.width < box.x;
            expect(beside || box.y + box.height < other.y || other.y + other.height < box.y).toBe(true);
          }
          for (const { x, text } of box.texts) {
            expect(x - helvetica(text) / 2).toBeGreaterThan(box.x);
            expect(x + helvetica(text) / 2).toBeLessThan(box.x + box.width);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('says in words what it shows: a name, the formulas, what each node does', () => {
    const svg = svgOfCell(workedExample, { title: 'trial 7', facts: ['validation perplexity 81.23'] });
    expect(svg).toContain('<title>trial 7</title>');
    expect(svg).toMatch(
      /<desc>base 2: 3 nodes; .* validation perplexity 81\.23\. c joins the value of node 0 by add/,
    );
    expect(svg).toContain('n0 = relu(tanh(W0 x + U0 h) + c); c′ = W1 x · U1 h;');
    expect(svg).toContain('<g data-node="1"><title>node 1: elem_mult relu</title>');
    expect(svg).toContain('<title>cell inject, after node 0: add relu</title>');
  });

  it('escapes title and facts, and lets no control character through', () => {
    const svg = svgOfCell(workedExample, { title: '</title><script>', facts: ['a < b\u0000'] });
    expect(svg).toContain('a &lt; b?');
    expect(svg).not.toContain('<script>');
  });

  it('stands alone and beside others in one page: no ids, styles, scripts or references', () => {
    expect(svgOfCell(everyPair, { title: 'x' })).not.toMatch(/\bid=|<style|<script|href|url\(|@import/);
  });

  it('names in the legend the combinations that occur', () => {
    const legend = (cell: RecurrentCellArchitecture) =>
      [...svgOfCell(cell, { title: 'x' }).matchAll(/font-size="10\.5" fill="#000000">([^<]*)</g)].map(
        ([, name]) => name,
      );
    expect(legend(workedExample)).toEqual(['add', 'elem_mult', 'memory cell c']);
    expect(legend(everyPair)).toEqual(['add', 'elem_mult', 'max', 'memory cell c']);
  });
});

type Point = readonly [x: number, y: number];
type Segment = readonly [Point, Point];
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly texts: readonly { readonly x: number; readonly text: string }[];
}
interface Wire {
  readonly from: string;
  readonly to: string;
  readonly points: readonly Point[];
}

/** Reads boxes and wires back from a drawing; boxes by `data-node`. */
function read(svg: string): { boxes: ReadonlyMap<string, Box>; wires: readonly Wire[]; width: number } {
  const attribute = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
  const boxes = [...svg.matchAll(/<g data-node="(\w+)">(.*?)<\/g>/g)].map(
    ([, node = '', content = '']): [string, Box] => {
      const frame = /<rect [^>]*class="frame"[^>]*>/.exec(content)?.[0] ?? '';
      const number = (name: string) => Number(attribute(frame, name));
      const texts = [...content.matchAll(/(<text [^>]*>)([^<]*)<\/text>/g)].map(
        ([, tag = '', text = '']) => ({
          x: Number(attribute(tag, 'x')),
          text,
        }),
      );
      return [
        node,
        { x: number('x'), y: number('y'), width: number('width'), height: number('height'), texts },
      ];
    },
  );
  const wires = [...svg.matchAll(/<path [^>]*data-from[^>]*>/g)].map(
    ([tag]): Wire => ({
      from: attribute(tag, 'data-from'),
      to: attribute(tag, 'data-to'),
      points: pointsOf(attribute(tag, 'd')),
    }),
  );
  return { boxes: new Map(boxes), wires, width: Number(attribute(svg, 'width')) };
}

/** A path as a polygon; a bend becomes its two ends, both of which lie on it. */
function pointsOf(d: string): readonly Point[] {
  let [x, y] = [0, 0];
  return [...d.matchAll(/([A-Z])([^A-Z]*)/g)].map(([, command = '', rest = '']): Point => {
    const numbers = rest.trim().split(/\s+/).map(Number);
    const [last, beforeLast] = [numbers.at(-1) ?? Number.NaN, numbers.at(-2) ?? Number.NaN];
    if (command === 'M' || command === 'A') [x, y] = [beforeLast, last];
    else if (command === 'H') x = last;
    else if (command === 'V') y = last;
    else throw new Error(`the reader does not know the path command ${command}`);
    return [x, y];
  });
}

function segmentsOf({ points }: Wire): readonly Segment[] {
  return points.slice(1).map((point, i): Segment => [points[i] as Point, point]);
}

/** Whether a point lies on a box's edge, or up to so far outside of it. */
function touches({ x, y, width, height }: Box, [px, py]: Point, far: number): boolean {
  const outside = Math.max(x - px, px - x - width, y - py, py - y - height);
  return outside >= -0.02 && outside <= far + 0.02;
}

function overlaps([[ax, ay], [bx, by]]: Segment, { x, y, width, height }: Box): boolean {
  const inside = 0.02;
  return (
    Math.max(ax, bx) > x + inside &&
    Math.min(ax, bx) < x + width - inside &&
    Math.max(ay, by) > y + inside &&
    Math.min(ay, by) < y + height - inside
  );
}

/** Whether two lines come nearer than 2 pixels, by the rectangles around them. */
function meet([[ax, ay], [bx, by]]: Segment, [[cx, cy], [dx, dy]]: Segment): boolean {
  const near = (a: number, b: number, c: number, d: number) =>
    Math.max(a, b) + 1 > Math.min(c, d) - 1 && Math.max(c, d) + 1 > Math.min(a, b) - 1;
  return near(ax, bx, cx, dx) && near(ay, by, cy, dy);
}

function isLevel([[, from], [, to]]: Segment): boolean {
  return from === to;
}

function pairsOf<T>(a: readonly T[], b: readonly T[]): readonly (readonly [T, T])[] {
  return a.flatMap((first) => b.map((second) => [first, second] as const));
}

/** Helvetica's advance widths in thousandths of the font size (Adobe's font metrics). */
const HELVETICA: Readonly<Record<number, string>> = {
  222: 'il',
  278: 't',
  333: 'r',
  500: 'sxy',
  556: 'adeghnou_0123456789',
  833: 'm',
};

/** Width of a word of 12 pixels. */
function helvetica(text: string): number {
  return [...text].reduce((sum, letter) => {
    const [width] = Object.entries(HELVETICA).find(([, letters]) => letters.includes(letter)) ?? [];
    if (width === undefined) throw new Error(`no width for ${letter}`);
    return sum + (12 * Number(width)) / 1000;
  }, 0);
}
