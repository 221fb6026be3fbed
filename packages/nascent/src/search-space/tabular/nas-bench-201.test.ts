import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../random.ts';
import {
  archOfOperations,
  builtInSpace,
  CIFAR10_INPUT,
  checkProgram,
  countByEnumeration,
  decodeTokens,
  describeArchitecture,
  encodeSample,
  InvalidArchitectureError,
  InvalidArgumentError,
  NAS_BENCH_201_EDGES,
  NAS_BENCH_201_OPERATIONS,
  nasBench201,
  nasBench201Cost,
  operationsOfArch,
  SpaceOptionsError,
  sampleUniformly,
  spaceOfTokens,
} from '../index.ts';
import { isNasBench201Arch, parseNasBench201Architecture } from './nas-bench-201.ts';

const space = nasBench201();
const sixOperations = fc.array(fc.constantFrom(...NAS_BENCH_201_OPERATIONS), { minLength: 6, maxLength: 6 });

describe('the space nas-bench-201', () => {
  it('asks each edge under its own name, in the order of the architecture string', () => {
    expect(Object.keys(space.decisions)).toEqual(NAS_BENCH_201_EDGES.map(({ decision }) => decision));
    for (const decision of Object.values(space.decisions))
      expect(decision).toEqual({ kind: 'choice', options: NAS_BENCH_201_OPERATIONS });
    expect(NAS_BENCH_201_EDGES.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    checkProgram(space, {});
  });

  it('has 15,625 samples, counted one by one too', () => {
    expect(space.size?.({})).toBe(15_625n);
    expect(countByEnumeration(space, {})).toBe(15_625n);
  });

  it('is built in, and a token string decodes alone', () => {
    expect(builtInSpace('nas-bench-201').identity).toEqual(space.identity);
    const sample = sampleUniformly(space, {}, randomStream(1));
    const tokens = encodeSample(sample, space);
    const again = spaceOfTokens(tokens);
    expect(again.decode(decodeTokens(tokens, again))).toEqual(space.decode(sample));
  });

  it('keeps its fingerprint: token strings of today decode for ever', () => {
    expect(space.identity).toEqual({
      name: 'nas-bench-201',
      version: 1,
      fingerprint: '6b84a054',
      options: {},
    });
  });

  it('takes neither options nor arguments', () => {
    expect(() => builtInSpace('nas-bench-201', { nodes: 5 })).toThrow(SpaceOptionsError);
    expect(() => builtInSpace('nas-bench-201', { nodes: 5 })).toThrow(/no options, but nodes is given/);
    expect(() => space.start({ layers: 6 })).toThrow(InvalidArgumentError);
  });
});

describe('architecture strings of NAS-Bench-201', () => {
  const arch = '|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_3x3~0|none~1|skip_connect~2|';
  const operations = [
    'avg_pool_3x3',
    'nor_conv_1x1',
    'skip_connect',
    'nor_conv_3x3',
    'none',
    'skip_connect',
  ] as const;

  it('the groups are nodes 1, 2 and 3; op~j comes from node j', () => {
    expect(operationsOfArch(arch)).toEqual(operations);
    expect(archOfOperations(operations)).toBe(arch);
  });

  it('writing and reading are inverse', () => {
    fc.assert(
      fc.property(sixOperations, (six) => {
        expect(operationsOfArch(archOfOperations(six))).toEqual(six);
        expect(isNasBench201Arch(archOfOperations(six))).toBe(true);
      }),
    );
  });

  it('every other text is refused by both readers', () => {
    const damaged = fc
      .tuple(fc.nat(arch.length - 1), fc.string({ maxLength: 2 }))
      .map(([at, text]) => arch.slice(0, at) + text + arch.slice(at + 1));
    fc.assert(
      fc.property(damaged, (text) => {
        fc.pre(text !== arch);
        expect(isNasBench201Arch(text)).toBe(false);
        expect(() => operationsOfArch(text)).toThrow(InvalidArchitectureError);
      }),
    );
  });

  it.each([
    [arch.replace('nor_conv_1x1', 'nor_conv_5x5'), /from node 0 to node 2 has the operation "nor_conv_5x5"/],
    [arch.slice(0, 40), /Expected the form \|op~0\|\+/],
    [arch.replace('skip_connect~2', 'skip_connect~1'), /Expected the form/],
  ])('%s is refused with the reason', (text, reason) => {
    expect(() => operationsOfArch(text)).toThrow(reason);
  });

  it('five operations make no cell', () => {
    expect(() => archOfOperations(operations.slice(1))).toThrow(/has 6 edges, but 5 operations/);
  });

  it.each([
    [{ kind: 'convolutional', version: 1, layers: [] }, /one of kind "convolutional"/],
    [null, /this is none: null/],
    [{ kind: 'nas-bench-201', arch: 6111 }, /`arch` 6111/],
    [{ kind: 'nas-bench-201', arch: '|none~0|' }, /Expected the form/],
  ])('an architecture from outside: %j is refused', (data, reason) => {
    expect(() => parseNasBench201Architecture(data)).toThrow(InvalidArchitectureError);
    expect(() => parseNasBench201Architecture(data)).toThrow(reason);
  });
});

describe('cost of a NAS-Bench-201 network', () => {
  const cost = nasBench201Cost();

  it('follows the formulas of the table', () => {
    fc.assert(
      fc.property(sixOperations, (six) => {
        const threes = six.filter((operation) => operation === 'nor_conv_3x3').length;
        const ones = six.filter((operation) => operation === 'nor_conv_1x1').length;
        expect(cost(six)).toEqual({
          parameters: 73_306 + 243_040 * threes + 28_000 * ones,
          flops: 7_783_050 + 35_389_440 * threes + 3_932_160 * ones,
        });
      }),
    );
  });

  it('100 classes change the last layer only; an image a quarter the size costs a quarter before it', () => {
    const six = operationsOfArch(
      '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|',
    );
    const lastLayer = (classes: number) => 64 * classes + classes;
    const hundred = nasBench201Cost({ ...CIFAR10_INPUT, classes: 100 })(six);
    expect(hundred.parameters - cost(six).parameters).toBe(lastLayer(100) - lastLayer(10));
    expect(hundred.flops - cost(six).flops).toBe(lastLayer(100) - lastLayer(10));
    const small = nasBench201Cost({ height: 16, width: 16, channels: 3, classes: 10 })(six);
    expect(small.flops - lastLayer(10)).toBe((cost(six).flops - lastLayer(10)) / 4);
    expect(small.parameters).toBe(cost(six).parameters);
  });

  it('the drawing has the sum of its layers, reads earlier layers only, and shows no edge for none', () => {
    fc.assert(
      fc.property(sixOperations, (six) => {
        const network = space.describe?.({ kind: 'nas-bench-201', arch: archOfOperations(six) });
        const layers = network?.layers ?? [];
        expect(network?.parameters).toBe(cost(six).parameters);
        expect(network?.flops).toBe(cost(six).flops);
        for (const [i, layer] of layers.entries())
          expect(layer.inputs.every((input) => input >= 0 && input < i)).toBe(true);
        const edges = layers.filter(({ kind }) => kind === 'cell-node').flatMap(({ inputs }) => inputs);
        expect(edges.length).toBe(3 * six.filter((operation) => operation !== 'none').length);
      }),
    );
  });

  it('an architecture from a store is described without the space', () => {
    const [, stem, first] =
      describeArchitecture({
        kind: 'nas-bench-201',
        arch: '|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|',
      })?.layers ?? [];
    expect(stem).toMatchObject({ output: [16, 32, 32], parameters: 3 * 9 * 16 + 32 });
    // Five 3×3 convolutions of 16 filters with batch normalisation.
    expect(first).toMatchObject({ output: [16, 32, 32], parameters: 5 * (9 * 16 * 16 + 32), inputs: [1] });
  });
});
