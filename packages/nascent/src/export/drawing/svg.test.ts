import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawnNetworks } from '../../../test/fixtures/drawn-networks.ts';
import { randomStream } from '../../random.ts';
import {
  type ConvolutionalOptions,
  convolutional,
  describeArchitecture,
  LAYER_KINDS,
  type NetworkDescription,
  sampleUniformly,
} from '../../search-space/index.ts';
import { lanesOf } from './lanes.ts';
import { type SideLane, sideLanesOf } from './svg/side-lanes.ts';
import { svgOfNetwork } from './svg.ts';

const every: ConvolutionalOptions = {
  layerTypes: LAYER_KINDS,
  stride: [1, 2, 3],
  batchNorm: [true, false],
  skips: true,
};
const blocks: ConvolutionalOptions = { skips: true, blockLayers: 3, poolAfter: [2, 4] };

function network(layers: number, options: ConvolutionalOptions, seed = 0): NetworkDescription {
  const space = convolutional(options);
  const sample = sampleUniformly(space, { layers }, randomStream('svg', layers, seed));
  const description = describeArchitecture(space.decode(sample));
  if (description === null) throw new Error('the convolutional space has a description');
  return description;
}

/** Random networks: every layer type, strides, any pattern of skips, fixed poolings. */
const networks: fc.Arbitrary<NetworkDescription> = fc
  .tuple(fc.integer({ min: 1, max: 10 }), fc.boolean(), fc.nat(1000))
  .map(([layers, block, seed]) =>
    network(block ? Math.ceil(layers / 2) : layers, block ? blocks : every, seed),
  );

describe('a network drawn as SVG', () => {
  it('looks as in the guide', async () => {
    const svg = svgOfNetwork(drawnNetworks.everyLayerType, { title: 'Nine layers of every type' });
    await expect(svg).toMatchFileSnapshot('../../../../../docs/guide/network.svg');
  });

  it('is well-formed, and as large as it says (librsvg reads it)', async () => {
    const svg = svgOfNetwork(network(6, every), { title: 'A & B <"c">', facts: ['ä 95 %'] });
    const [, width, height] = /^<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
    const { format, ...size } = await sharp(Buffer.from(svg)).metadata();
    expect({ format, width: size.width, height: size.height }).toEqual({
      format: 'svg',
      width: Number(width),
      height: Number(height),
    });
  });

  it('has a line for exactly each edge, which can be followed from the source into the reader (property)', () => {
    fc.assert(
      fc.property(networks, (description) => {
        const drawing = read(svgOfNetwork(description, { title: '' }));
        const edges = drawing.edges.map(({ from, to }) => `${from}>${to}`);
        const expected = description.layers.flatMap(({ inputs }, to) =>
          inputs.map((from) => `${from}>${to}`),
        );
        expect(edges.toSorted()).toEqual(expected.toSorted());
        for (const edge of drawing.edges) {
          const siblings = (key: 'from' | 'to') =>
            drawing.edges.filter((other) => other !== edge && other[key] === edge[key]).flatMap(segmentsOf);
          const [start, end] = [edge.points[0] as Point, edge.points.at(-1) as Point];
          const box = (layer: number) => drawing.boxes[layer] as Box;
          expect(
            touches(box(edge.from), start, 0) || siblings('from').some((line) => lies(start, line)),
          ).toBe(true);
          // The arrow's head reaches over the last 5 pixels.
          expect(touches(box(edge.to), end, 5.01) || siblings('to').some((line) => lies(end, line))).toBe(
            true,
          );
        }
      }),
    );
  });

  it('never leads a line through a box (property)', () => {
    fc.assert(
      fc.property(networks, (description) => {
        const { boxes, edges } = read(svgOfNetwork(description, { title: '' }));
        const through = edges.flatMap(segmentsOf).filter((line) => boxes.some((box) => overlaps(line, box)));
        expect(through).toEqual([]);
      }),
    );
  });

  it('draws no two lines on each other, unless they go to the same layer (property)', () => {
    fc.assert(
      fc.property(networks, (description) => {
        const { edges } = read(svgOfNetwork(description, { title: '' }));
        for (const [i, a] of edges.entries()) {
          for (const b of edges.slice(i + 1)) {
            if (a.from === b.from || a.to === b.to) continue;
            const shared = segmentsOf(a).filter((s) => segmentsOf(b).some((t) => parallelNear(s, t)));
            expect(shared).toEqual([]);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keeps every text inside of its box, and texts apart, by the widths of Helvetica (property)', () => {
    fc.assert(
      fc.property(networks, (description) => {
        const { boxes } = read(svgOfNetwork(description, { title: '' }));
        for (const box of boxes) {
          const spans = box.texts.map(spanOf).toSorted((a, b) => a[0] - b[0]);
          const edges = [box.x, ...spans.flat(), box.x + box.width];
          expect(edges).toEqual(edges.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('cuts a label that is too long', () => {
    const base = network(1, {});
    const layers = base.layers.map((layer) => ({ ...layer, label: 'a very long label '.repeat(20) }));
    const { boxes, width } = read(svgOfNetwork({ ...base, layers }, { title: 'x'.repeat(500) }));
    expect(width).toBeLessThan(750);
    for (const box of boxes) expect(box.texts.some(({ text }) => text.endsWith('…'))).toBe(true);
  });

  it('escapes labels, title and facts, and lets no control character through', async () => {
    const base = network(1, {});
    const layers = base.layers.map((layer) => ({ ...layer, label: '<b> & "q" \u0000 \ud800 \ufffe' }));
    const svg = svgOfNetwork({ ...base, layers }, { title: '</title><script>', facts: ['a < b'] });
    expect(svg).toContain('&lt;b&gt; &amp; &quot;q&quot; ? ? ?');
    expect(svg).not.toContain('<script>');
    await expect(sharp(Buffer.from(svg)).metadata()).resolves.toMatchObject({ format: 'svg' });
  });

  it('says in words what it shows: a name, a description, what each layer reads', () => {
    const svg = svgOfNetwork(network(3, { skips: true }, 1), { title: 'trial 7', facts: ['reward 0.5'] });
    expect(svg).toContain('<title>trial 7</title>');
    expect(svg).toMatch(
      /<desc>3 layers, [\d,]+ parameters, .* FLOPs for one example\. reward 0\.5\. Layers: 0 image; 1 /,
    );
    expect(svg).toMatch(/<g data-layer="4"><title>4 average pool · linear, 10 classes: reads \d/);
  });

  it('stands alone and beside others in one page: no ids, styles, scripts or references', () => {
    const svg = svgOfNetwork(network(8, every), { title: 'x' });
    expect(svg).not.toMatch(/\bid=|<style|<script|href|url\(|@import/);
  });

  it('names in the legend the kinds that occur, once each', () => {
    const svg = svgOfNetwork(network(3, {}), { title: 'x' });
    expect(svg.match(/>convolution</g)).toHaveLength(1);
    expect(svg).not.toContain('>max pooling<');
  });
});

describe('lanes on two sides', () => {
  it('two skips that overlap go to different sides, and nothing crosses', () => {
    const lanes = sideLanesOf(wired([[], [0], [0, 1], [1, 2]]));
    expect(lanes.map(({ side, column }) => `${side} ${column}`)).toEqual(['left 0', 'right 0']);
  });

  it('skips one after the other share a column', () => {
    const lanes = sideLanesOf(wired([[], [0], [0, 1], [2], [2, 3]]));
    expect(new Set(lanes.map(({ side, column }) => `${side} ${column}`)).size).toBe(1);
  });

  it('cross no more often than nested in one gutter (property)', () => {
    fc.assert(
      fc.property(networks, (description) => {
        const nested = lanesOf(description).map((lane): SideLane => ({ ...lane, side: 'left' }));
        expect(crossings(sideLanesOf(description))).toBeLessThanOrEqual(crossings(nested));
      }),
    );
  });

  it('cross as little as possible in all but a few small networks, beside every arrangement', () => {
    let [drawn, fewest] = [0, 0];
    for (let seed = 0; seed < 60; seed++) {
      const description = network(5, { skips: true }, seed);
      drawn += crossings(sideLanesOf(description));
      fewest += fewestCrossings(lanesOf(description));
    }
    expect(fewest).toBeGreaterThan(10);
    expect(drawn).toBeLessThanOrEqual(1.1 * fewest);
  });
});

function wired(inputs: readonly (readonly number[])[]): NetworkDescription {
  const layers = inputs.map((reads, i) => ({
    kind: 'convolution',
    label: `layer ${i}`,
    output: [1],
    parameters: 0,
    flops: 0,
    inputs: reads,
  }));
  return { layers, parameters: 0, flops: 0 };
}

type Skips = readonly { readonly source: number; readonly targets: readonly number[] }[];

/** Level lines of the outer of two lanes over the vertical line of the inner one. */
function crossingsOfTwo(inner: Skips[number], outer: Skips[number]): number {
  const last = Math.max(...inner.targets);
  return [outer.source, ...outer.targets].filter((layer) => inner.source < layer && layer < last).length;
}

function crossings(lanes: readonly SideLane[]): number {
  return lanes
    .flatMap((inner) =>
      lanes
        .filter((outer) => outer.side === inner.side && outer.column > inner.column)
        .map((outer) => crossingsOfTwo(inner, outer)),
    )
    .reduce((sum, count) => sum + count, 0);
}

/** By trying every order on both sides. */
function fewestCrossings(skips: Skips): number {
  let best = Number.POSITIVE_INFINITY;
  const place = (next: number, left: Skips, right: Skips, count: number): void => {
    if (count >= best) return;
    const skip = skips[next];
    if (skip === undefined) {
      best = count;
      return;
    }
    for (const onLeft of [true, false]) {
      const order = onLeft ? left : right;
      for (let at = 0; at <= order.length; at++) {
        const more = order.reduce(
          (sum, other, i) => sum + (i < at ? crossingsOfTwo(other, skip) : crossingsOfTwo(skip, other)),
          0,
        );
        const placed = order.toSpliced(at, 0, skip);
        place(next + 1, onLeft ? placed : left, onLeft ? right : placed, count + more);
      }
    }
  };
  place(0, [], [], 0);
  return best;
}

type Point = readonly [x: number, y: number];
type Segment = readonly [Point, Point];
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly texts: readonly Text[];
}
interface Text {
  readonly x: number;
  readonly anchor: string;
  readonly text: string;
}
interface Edge {
  readonly from: number;
  readonly to: number;
  readonly points: readonly Point[];
}

/** Reads boxes and edges back from a drawing. */
function read(svg: string): { boxes: readonly Box[]; edges: readonly Edge[]; width: number } {
  const attribute = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
  const boxes = [...svg.matchAll(/<g data-layer="\d+">(.*?)<\/g>/g)].map(([, content = '']): Box => {
    const frame = /<rect [^>]*class="frame"[^>]*>/.exec(content)?.[0] ?? '';
    const number = (name: string) => Number(attribute(frame, name));
    const texts = [...content.matchAll(/(<text [^>]*>)([^<]*)<\/text>/g)].map(
      ([, tag = '', text = '']): Text => ({
        x: Number(attribute(tag, 'x')),
        anchor: attribute(tag, 'text-anchor'),
        text,
      }),
    );
    return { x: number('x'), y: number('y'), width: number('width'), height: number('height'), texts };
  });
  const edges = [...svg.matchAll(/<path [^>]*data-from[^>]*>/g)].map(
    ([tag]): Edge => ({
      from: Number(attribute(tag, 'data-from')),
      to: Number(attribute(tag, 'data-to')),
      points: pointsOf(attribute(tag, 'd')),
    }),
  );
  return { boxes, edges, width: Number(attribute(svg, 'width')) };
}

/** A path as a polygon; a bend becomes its two ends, both of which lie on it. */
function pointsOf(d: string): readonly Point[] {
  const points: Point[] = [];
  let [x, y] = [0, 0];
  for (const [, command = '', rest = ''] of d.matchAll(/([A-Z])([^A-Z]*)/g)) {
    const numbers = rest.trim().split(/\s+/).map(Number);
    const [last, beforeLast] = [numbers.at(-1) ?? Number.NaN, numbers.at(-2) ?? Number.NaN];
    if (command === 'M' || command === 'A') [x, y] = [beforeLast, last];
    else if (command === 'H') x = last;
    else if (command === 'V') y = last;
    else throw new Error(`the reader does not know the path command ${command}`);
    points.push([x, y]);
  }
  expect(points.flat().every(Number.isFinite)).toBe(true);
  return points;
}

function segmentsOf({ points }: Edge): readonly Segment[] {
  return points.slice(1).map((point, i): Segment => [points[i] as Point, point]);
}

/** Whether a point lies on a box's edge, or so far outside of it. */
function touches({ x, y, width, height }: Box, [px, py]: Point, far: number): boolean {
  const outside = Math.max(x - px, px - x - width, y - py, py - y - height);
  return outside >= -0.01 && outside <= far + 0.01;
}

function lies([x, y]: Point, [[ax, ay], [bx, by]]: Segment): boolean {
  const within = (v: number, a: number, b: number) =>
    v >= Math.min(a, b) - 0.01 && v <= Math.max(a, b) + 0.01;
  const straight = Math.abs(ax - bx) < 0.01 || Math.abs(ay - by) < 0.01;
  const atEnd = (px: number, py: number) => Math.hypot(x - px, y - py) < 0.02;
  return (straight && within(x, ax, bx) && within(y, ay, by)) || atEnd(ax, ay) || atEnd(bx, by);
}

/** By the bounding box of the line, which for a bend holds all of it. */
function overlaps([[ax, ay], [bx, by]]: Segment, { x, y, width, height }: Box): boolean {
  const inside = 0.02;
  return (
    Math.max(ax, bx) > x + inside &&
    Math.min(ax, bx) < x + width - inside &&
    Math.max(ay, by) > y + inside &&
    Math.min(ay, by) < y + height - inside
  );
}

/** Whether two straight lines run side by side nearer than 4 pixels. */
function parallelNear(a: Segment, b: Segment): boolean {
  for (const [along, across] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const straight = [a, b].every(([p, q]) => Math.abs(p[across] - q[across]) < 0.01);
    if (!straight || Math.abs(a[0][across] - b[0][across]) >= 4) continue;
    const [lowA, highA] = [a[0][along], a[1][along]].toSorted((p, q) => p - q) as [number, number];
    const [lowB, highB] = [b[0][along], b[1][along]].toSorted((p, q) => p - q) as [number, number];
    if (Math.min(highA, highB) - Math.max(lowA, lowB) > 0.01) return true;
  }
  return false;
}

/** Helvetica's advance widths in thousandths of the font size (Adobe's font metrics; Arial and Liberation Sans have the same). */
const HELVETICA: Readonly<Record<number, string>> = {
  222: 'ijl',
  278: ' ,./:ft',
  333: 'r-·',
  500: 'cksvxyz',
  556: 'abdeghnopqu0123456789',
  584: '×',
  722: 'w',
  833: 'm',
  1000: '…',
};
const WIDTHS = new Map(
  Object.entries(HELVETICA).flatMap(([width, letters]) =>
    [...letters].map((letter) => [letter, Number(width) / 1000] as const),
  ),
);

function spanOf({ x, anchor, text }: Text): [number, number] {
  const width = [...text].reduce((sum, letter) => {
    const own = WIDTHS.get(letter);
    if (own === undefined) throw new Error(`no width for ${letter}`);
    return sum + 12 * own;
  }, 0);
  if (anchor === 'end') return [x - width, x];
  return anchor === 'middle' ? [x - width / 2, x + width / 2] : [x, x + width];
}
