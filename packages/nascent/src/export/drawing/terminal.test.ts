import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnNetworks } from '../../../test/fixtures/drawn-networks.ts';
import { randomStream } from '../../random.ts';
import {
  type ConvolutionalArchitecture,
  convolutional,
  describeArchitecture,
  type LayerDescription,
  type NetworkDescription,
  sampleUniformly,
} from '../../search-space/index.ts';
import { rough, runsOf } from './numbers.ts';
import { drawNetwork } from './terminal.ts';

/** A network of the CNN space, always the same for a number of layers. */
function network(layers: number): NetworkDescription {
  const space = convolutional();
  const architecture = space.decode(sampleUniformly(space, { layers }, randomStream('drawing', layers)));
  const description = describeArchitecture(architecture);
  if (description === null) throw new Error('the convolutional space has a description');
  return description;
}

/** The same network with other edges: `inputs[i]` are the inputs of layer i. */
function wired(description: NetworkDescription, inputs: readonly (readonly number[])[]): NetworkDescription {
  const layers = description.layers.map(
    (layer, i): LayerDescription => ({ ...layer, inputs: inputs[i] ?? [] }),
  );
  return { ...description, layers };
}

const skips = wired(network(4), [[], [0], [0, 1], [1, 2], [0, 3], [2, 4]]);

const { everyLayerType, blocksAndPoolings, fifteenLayers } = drawnNetworks;

describe('a network drawn for the terminal', () => {
  it.each([
    ['1 layer, 80 columns', network(1), 80],
    ['4 layers, 60 columns', network(4), 60],
    ['12 layers, 100 columns', network(12), 100],
    ['4 layers, 44 columns', network(4), 44],
    ['skip connections, 80 columns', skips, 80],
    ['skip connections, 60 columns', skips, 60],
    ['skip connections, 40 columns', skips, 40],
    ['every layer type, 80 columns', everyLayerType, 80],
    ['every layer type, 100 columns', everyLayerType, 100],
    ['15 layers with half of all skips, 80 columns', fifteenLayers, 80],
    ['15 layers with half of all skips, 60 columns', fifteenLayers, 60],
    ['blocks and poolings, 80 columns', blocksAndPoolings, 80],
    ['blocks and poolings, 160 columns', blocksAndPoolings, 160],
  ])('looks as it looked: %s', async (name, description, width) => {
    const file = `golden/${name.replaceAll(/\W+/g, '-')}.txt`;
    await expect(`${drawNetwork(description, { width, color: false })}\n`).toMatchFileSnapshot(file);
  });

  it('is no wider than the terminal, and never needs more than 40 columns (property)', () => {
    fc.assert(
      fc.property(wirings, fc.integer({ min: 40, max: 120 }), (inputs, width) => {
        const drawing = drawNetwork(wired(network(inputs.length - 2), inputs), { width, color: false });
        const widths = drawing.split('\n').map((line) => [...line].length);
        expect(Math.max(...widths)).toBeLessThanOrEqual(width);
      }),
    );
    const widths = drawNetwork(skips, { width: 10, color: false })
      .split('\n')
      .map((line) => [...line].length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(40);
  });

  it('can be followed with a finger: its lines lead along exactly the edges (property)', () => {
    fc.assert(
      fc.property(wirings, (inputs) => {
        const drawing = drawNetwork(wired(network(inputs.length - 2), inputs), { width: 120, color: false });
        expect(followed(drawing)).toEqual(inputs);
      }),
    );
  });

  it('says in words what a layer reads where lanes have no room', () => {
    const dense = Array.from({ length: 14 }, (_, i) => Array.from({ length: i }, (_, j) => j));
    const drawing = drawNetwork(wired(network(12), dense), { width: 60, color: false });
    expect(drawing).toContain('│ [7] conv');
    expect(drawing).toContain('│ reads 0–6 ');
    expect(drawing).not.toContain('▶');
  });

  it('gives the exact number of parameters of each layer and of all', () => {
    const architecture: ConvolutionalArchitecture = {
      kind: 'convolutional',
      version: 2,
      layers: [
        {
          kind: 'convolution',
          filterHeight: 3,
          filterWidth: 5,
          strideHeight: 1,
          strideWidth: 1,
          filterCount: 36,
          batchNorm: true,
          inputs: [0],
        },
      ],
      outputs: [1],
    };
    const description = describeArchitecture(architecture);
    expect(description).not.toBeNull();
    const drawing = drawNetwork(description ?? skips, { width: 80, color: false });
    expect(drawing).toMatch(/│ conv 3×5, 36 filters · bn · relu +36×32×32 +1,692 │/); // 3·5·3·36 + 2·36
    expect(drawing).toContain('1 layer, 2,062 parameters, 1.66 M FLOPs for one example'); // + 36·10 + 10
  });

  it('in colour is the same drawing with colours', () => {
    const plain = drawNetwork(skips, { width: 80, color: false });
    const coloured = drawNetwork(skips, { width: 80, color: true });
    expect(plain).not.toContain('\u001b');
    expect(coloured).toContain('\u001b[36m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
  });

  it('lets no control character of a label through to the terminal', () => {
    const base = network(1);
    const layers = base.layers.map((layer) => ({ ...layer, label: 'x\u001b[2Jy\nz' }));
    expect(drawNetwork({ ...base, layers }, { width: 80, color: false })).toContain('│ x?[2Jy?z ');
  });
});

describe('numbers', () => {
  it('are rounded to three digits with a unit', () => {
    expect([0, 999, 1000, 1234567, 999_999, 5e12, 3e16].map(rough)).toEqual([
      '0',
      '999',
      '1.00 k',
      '1.23 M',
      '1.00 M',
      '5.00 T',
      '3.00e+4 T',
    ]);
  });

  it('in runs are shortened', () => {
    expect([[], [3], [0, 1], [0, 1, 2, 5], [1, 3, 4, 5]].map(runsOf)).toEqual([
      '',
      '3',
      '0 1',
      '0–2 5',
      '1 3–5',
    ]);
  });
});

/** Any wiring of 3 to 9 layers: each reads at least one earlier layer, in any pattern. */
const wirings: fc.Arbitrary<number[][]> = fc.integer({ min: 3, max: 9 }).chain((count) =>
  fc.tuple(
    ...Array.from({ length: count }, (_, i) =>
      i === 0
        ? fc.constant<number[]>([])
        : fc.subarray(
            Array.from({ length: i }, (_, j) => j),
            { minLength: 1 },
          ),
    ),
  ),
);

/** Reads the edges back from a drawing, as a reader would, without knowing how it was made. */
function followed(drawing: string): number[][] {
  const cells = drawing.split('\n').map((line) => [...line]);
  const at = (line: number, column: number) => cells[line]?.[column] ?? ' ';
  const left = cells[0]?.indexOf('┌') ?? 0;
  const tops = cells.flatMap((line, i) => (line[left] === '┌' ? [i] : []));
  const inputs = tops.map((): number[] => []);
  const boxOf = (line: number) => tops.findLastIndex((top) => top <= line);

  for (let line = 0; line < cells.length; line++) {
    const bottom = at(line, left);
    if (
      (bottom !== '└' && bottom !== '┴') ||
      !at(line, cells[line]?.length ? (cells[line]?.length ?? 1) - 1 : 0).includes('┘')
    )
      continue;
    const source = boxOf(line);
    if (cells[line]?.slice(left + 1).includes('┬')) {
      expect(at(line + 1, cells[line]?.lastIndexOf('┬') ?? 0)).toBe('┴'); // the next box is joined right below
      inputs[source + 1]?.push(source);
    }
    if (bottom === '└') continue;
    let column = left - 1;
    while (at(line, column) !== '╭') column--; // left, behind other lanes
    for (let down = line + 1; down < cells.length; down++) {
      const here = at(down, column);
      if (here !== '│') {
        expect('├┼╰┴').toContain(here);
        expect(at(down, left - 1)).toBe('▶');
        inputs[boxOf(down)]?.push(source);
      }
      if (here === '╰' || here === '┴') break;
    }
  }
  return inputs.map((list) => list.sort((a, b) => a - b));
}
