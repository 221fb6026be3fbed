import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { sampledCells } from '../../../test/sampled-cells.ts';
import { randomStream } from '../../random.ts';
import {
  architectureKey,
  builtInSpace,
  checkProgram,
  countByEnumeration,
  decodeTokens,
  encodeSample,
  ForeignSampleError,
  LARGER_LISTS,
  nativeCell,
  parseRecurrentCell,
  type RecurrentCellArchitecture,
  recurrentCell,
  SpaceOptionsError,
  sampleUniformly,
  spaceOfTokens,
} from '../index.ts';

describe('the space of recurrent cells', () => {
  it('asks of each node combination and activation, then those of the cell inject, then both cell indices', () => {
    const { answers } = sampleUniformly(recurrentCell({ base: 2 }), {}, randomStream(0));
    const pair = ['combination', 'activation'];
    expect(answers.map(({ decision }) => decision)).toEqual([
      ...[...pair, ...pair, ...pair],
      ...pair,
      'cellIndex',
      'injectIndex',
    ]);
    const eight = sampleUniformly(recurrentCell(), {}, randomStream(0));
    expect(eight.answers).toHaveLength(2 * 15 + 2 + 2);
  });

  it("has the paper's lists, and base 8, by default", () => {
    const space = recurrentCell();
    const indices = Array.from({ length: 15 }, (_, i) => i);
    expect(space.decisions).toEqual({
      combination: { kind: 'choice', options: ['add', 'elem_mult'] },
      activation: { kind: 'choice', options: ['identity', 'tanh', 'sigmoid', 'relu'] },
      cellIndex: { kind: 'choice', options: indices },
      injectIndex: { kind: 'choice', options: indices },
    });
    expect(space.identity).toMatchObject({ name: 'recurrent-cell', version: 1, options: {} });
    expectTypeOf(space.decode).returns.toEqualTypeOf<RecurrentCellArchitecture>();
    expect(builtInSpace('recurrent-cell').identity).toEqual(space.identity);
  });

  it('gives each node what was answered for it', () => {
    const space = recurrentCell({ base: 2 });
    const { fingerprint } = space.identity;
    const answers =
      'combination=add,activation=tanh,combination=elem_mult,activation=relu,combination=elem_mult,activation=sigmoid,' +
      'combination=add,activation=relu,cellIndex=1,injectIndex=0';
    const tokens = `recurrent-cell@1/${fingerprint}/options:base=2/-/${answers}/end`;
    expect(space.decode(decodeTokens(tokens, space))).toEqual({
      kind: 'recurrent-cell',
      version: 1,
      base: 2,
      nodes: [
        { combination: 'add', activation: 'tanh' },
        { combination: 'elem_mult', activation: 'relu' },
        { combination: 'elem_mult', activation: 'sigmoid' },
      ],
      inject: { combination: 'add', activation: 'relu' },
      cellIndex: 1,
      injectIndex: 0,
    });
  });

  it('writes into its samples only the options that are not defaults', () => {
    const larger = recurrentCell(LARGER_LISTS);
    expect(larger.identity.options).toEqual({
      combinations: ['add', 'elem_mult', 'max'],
      activations: ['identity', 'tanh', 'sigmoid', 'relu', 'sin'],
    });
    expect(recurrentCell({ base: 8, combinations: ['add', 'elem_mult'] }).identity).toEqual(
      recurrentCell().identity,
    );
    // An answer is an index into its list.
    expect(recurrentCell({ combinations: ['elem_mult', 'add'] }).identity.options).toEqual({
      combinations: ['elem_mult', 'add'],
    });
  });

  it.each([
    ['base 3', { base: 3 }, /not a power of two from 2 to 64[\s\S]*base/],
    ['base 0', { base: 0 }, /not a power of two/],
    ['base 128', { base: 128 }, /not a power of two/],
    ['half a base', { base: 2.5 }, /not a power of two/],
    ['a base that is text', { base: '8' }, /base/],
    ['an unknown combination', { combinations: ['add', 'multiply'] }, /combinations\[1\]/],
    ['an unknown activation', { activations: ['tanh', 'gelu'] }, /activations\[1\]/],
    [
      'the same activation twice',
      { activations: ['tanh', 'tanh'] },
      /has the same one twice[\s\S]*activations/,
    ],
    ['no combination', { combinations: [] }, /is empty: give at least one[\s\S]*combinations/],
    ['an option that it does not have', { bases: 8 }, /bases[\s\S]*base, combinations, activations/],
  ])('refuses %s', (_, options, fault) => {
    expect(() => recurrentCell(options)).toThrow(SpaceOptionsError);
    expect(() => recurrentCell(options)).toThrow(fault);
  });

  it('of base 8 refuses a token string of base 2, and says what to decode it with', () => {
    const two = recurrentCell({ base: 2 });
    const tokens = encodeSample(sampleUniformly(two, {}, randomStream(1)), two);
    expect(() => decodeTokens(tokens, recurrentCell())).toThrow(ForeignSampleError);
    expect(() => decodeTokens(tokens, recurrentCell())).toThrow(
      /Decode it with .* with options \{"base":2\}\./,
    );
  });

  it.each([
    ['base 2', { base: 2 }],
    ['base 8', {}],
    ['base 8 with larger lists', LARGER_LISTS],
    ['base 64', { base: 64 }],
  ])('has a pure program › %s', (_, options) => {
    checkProgram(recurrentCell(options), {}, { samples: 30 });
  });
});

describe('samples of recurrent cells', () => {
  it('come back from their token strings, without the space at hand (property)', () => {
    fc.assert(
      fc.property(sampledCells(64), ({ space, sample, cell }) => {
        const tokens = encodeSample(sample, space);
        const again = spaceOfTokens(tokens);
        expect(again.identity).toEqual(space.identity);
        expect(decodeTokens(tokens, again)).toEqual(sample);
        expect(again.decode(sample)).toEqual(cell);
      }),
      { numRuns: 300 },
    );
  });

  it('are cells that any store can keep (property)', () => {
    fc.assert(
      fc.property(sampledCells(64), ({ cell }) => {
        expect(parseRecurrentCell(JSON.parse(JSON.stringify(cell)))).toEqual(cell);
      }),
      { numRuns: 300 },
    );
  });

  it('that differ are different cells (property)', () => {
    const space = recurrentCell({ base: 2 });
    const draw = (seed: number) => sampleUniformly(space, {}, randomStream(seed));
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        const same = encodeSample(draw(a), space) === encodeSample(draw(b), space);
        expect(architectureKey(space.decode(draw(a))) === architectureKey(space.decode(draw(b)))).toBe(same);
      }),
    );
  });
});

describe('the size of the space of recurrent cells', () => {
  it.each([
    ['base 2', { base: 2 }, 36_864n],
    [
      'base 2 with max and sin',
      { base: 2, combinations: ['add', 'max'], activations: ['tanh', 'relu', 'sin'] },
      11_664n,
    ],
    ['base 4 with one of each', { base: 4, combinations: ['add'], activations: ['tanh'] }, 49n],
  ] as const)('is the number of enumerated samples › %s', (_, options, size) => {
    const space = recurrentCell(options);
    expect(space.size?.({})).toBe(size);
    expect(countByEnumeration(space, {})).toBe(size);
  });

  it('is exact where numbers are not: the 6.3×10^16 of the paper for base 8', () => {
    expect(recurrentCell().size?.({})).toBe(8n ** 16n * 15n ** 2n);
    expect(recurrentCell({ base: 2, ...LARGER_LISTS }).size?.({})).toBe(15n ** 4n * 9n);
    expect(recurrentCell().size?.({})).toBe(63_331_869_759_897_600n);
  });
});

describe('the space of native cells', () => {
  it('holds the two layers that cells are compared with', () => {
    const space = nativeCell();
    expect(space.size?.({})).toBe(2n);
    expect(space.decisions).toEqual({ cell: { kind: 'choice', options: ['lstm', 'gru'] } });
    const tokens = `native-cell@1/${space.identity.fingerprint}/-/cell=gru/end`;
    expect(space.decode(decodeTokens(tokens, space))).toEqual({
      kind: 'native-cell',
      version: 1,
      cell: 'gru',
    });
    checkProgram(space, {}, { samples: 4 });
  });

  it('refuses options', () => {
    expect(() => builtInSpace('native-cell', { hidden: 10 })).toThrow(
      'The space native-cell was given hidden, but has no options. Leave options out.',
    );
    expect(() => nativeCell({ hidden: 10 })).toThrow(SpaceOptionsError);
  });
});
