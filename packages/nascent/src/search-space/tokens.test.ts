import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../random.ts';
import {
  anchor,
  builtInSpace,
  choice,
  convolutional,
  decodeTokens,
  defineSpace,
  encodeSample,
  ForeignSampleError,
  InvalidTokenError,
  looksLikeTokens,
  type OptionValue,
  parseTokenHeader,
  type Sample,
  sampleUniformly,
  spaceOfTokens,
  UnknownSpaceError,
} from './index.ts';

const cnn = convolutional();
const layered = defineSpace({
  name: 'layered',
  version: 3,
  decisions: { type: choice(['conv', 'max pool']), height: choice([1, 13]), skip: anchor() },
  *program(ask, { layers }: { layers: number }) {
    const net: unknown[] = [];
    for (let i = 0; i < layers; i++) {
      const type = yield* ask.type();
      const height = type === 'conv' ? yield* ask.height() : null;
      net.push({ type, height, inputs: yield* ask.skip(i) });
    }
    return net;
  },
});
const sampleOf = (seed: number): Sample =>
  sampleUniformly(layered, { layers: 3 }, randomStream(seed, 'tokens'));

describe('token strings', () => {
  it('are one readable word', () => {
    const text = encodeSample(sampleUniformly(cnn, { layers: 2 }, randomStream(1)), cnn);
    expect(text).toBe(
      'convolutional@1/dad62e88/layers=2/filterHeight=7,filterWidth=5,filterCount=64,filterHeight=1,filterWidth=7,filterCount=64/end',
    );
    const conditional = encodeSample(sampleOf(7), layered);
    expect(conditional).toBe(
      'layered@3/f4c078a2/layers=3/type=max%20pool,skip=none,type=conv,height=1,skip=none,type=max%20pool,skip=0+1/end',
    );
  });

  it('decode to the sample that was encoded (property, any declaration)', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/\p{Cs}/u.test(text));
    const value: fc.Arbitrary<OptionValue> = fc.oneof(
      name,
      fc.constantFrom('3', 'true', 'none', '-', '1e21', 'end', '.', '%41', "'", 'a b', '0x1'),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      fc.boolean(),
      fc.constantFrom(1e21, 3, -1, 5e-324),
    );
    const options = fc.uniqueArray(value, { minLength: 1, maxLength: 6, selector: (v) => `${typeof v}${v}` });
    fc.assert(
      fc.property(
        fc.record({ space: name, first: name, options, count: fc.nat(4), seed: fc.nat(), argument: name }),
        fc.dictionary(name, fc.oneof(value, fc.array(value, { maxLength: 3 })), { maxKeys: 3 }),
        ({ space, first, options, count, seed, argument }, made) => {
          const named = defineSpace({
            name: space,
            version: 1,
            decisions: { [`${first}?`]: choice(options), [first]: anchor() },
            options: made,
            *program(ask, args: Record<string, number>) {
              for (let i = 0; i < (args[argument] ?? 0); i++) {
                yield* ask[`${first}?`]?.(undefined as never) ?? [];
                yield* ask[first]?.(i as never) ?? [];
              }
              return null;
            },
          });
          const sample = sampleUniformly(named, { [argument]: count }, randomStream(seed));
          const text = encodeSample(sample, named);
          expect(text).toMatch(/^[A-Za-z0-9._%][A-Za-z0-9._\-%/@,=+:]*$/); // no shell touches it
          expect(decodeTokens(text, named)).toEqual(sample);
          expect(looksLikeTokens(text)).toBe(true);
        },
      ),
    );
  });

  it('of a built-in space decode alone, with the options that the space was made with', () => {
    const small = convolutional({ filterHeight: [3], filterCount: [8, 16] });
    const sample = sampleUniformly(small, { layers: 2 }, randomStream(5));
    const text = encodeSample(sample, small);
    expect(text).toContain('/options:filterCount=8+16,filterHeight=3+/layers=2/');
    const found = spaceOfTokens(text);
    expect(found.identity).toEqual(small.identity);
    expect(decodeTokens(text, found)).toEqual(sample);
    expect(found.decode(sample)).toEqual(small.decode(sample));
  });

  it('say in their header which space they need', () => {
    const text = encodeSample(sampleOf(0), layered);
    expect(parseTokenHeader(text)).toEqual({ ...layered.identity, arguments: { layers: 3 } });
    expect([looksLikeTokens(text), looksLikeTokens('17'), looksLikeTokens('best')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('a token string is refused', () => {
  const good = encodeSample(sampleUniformly(cnn, { layers: 2 }, randomStream(1)), cnn);
  const refusal = (text: string, space: Parameters<typeof decodeTokens>[1] = cnn): Error => {
    try {
      decodeTokens(text, space);
    } catch (error) {
      if (error instanceof InvalidTokenError || error instanceof ForeignSampleError) return error;
      throw error;
    }
    throw new Error(`${text} was accepted`);
  };

  it('when an option is not one of the declared ones, with its place', () => {
    const text = good.replace(/(,filterCount=\d+),filterHeight=\d/, '$1,filterHeight=4');
    expect(refusal(text).message).toBe('answer 4 (filterHeight no. 2): 4 is not one of 1, 3, 5, 7.');
    expect(refusal(text).name).toBe('InvalidTokenError');
  });

  it('by another space, version or options, saying which to use', () => {
    const other = builtInSpace('convolutional', { filterWidth: [3, 5] });
    expect(refusal(good, other).message).toBe(
      `The sample came from space convolutional@1 (${cnn.identity.fingerprint}) but was decoded with ` +
        `convolutional@1 (${other.identity.fingerprint}) with options {"filterWidth":[3,5]}. ` +
        `Decode it with convolutional@1 (${cnn.identity.fingerprint}).`,
    );
    expect(refusal(good, layered)).toBeInstanceOf(ForeignSampleError);
    expect(refusal(good.replace('@1/', '@2/')).message).toContain('Decode it with convolutional@2');
    expect(refusal(good.replace(cnn.identity.fingerprint, '00000000'))).toBeInstanceOf(ForeignSampleError);
  });

  it('when it was cut off, wherever', () => {
    for (const text of [good, encodeSample(sampleOf(4), layered)]) {
      const space = text === good ? cnn : layered;
      for (let length = 0; length < text.length; length++) {
        expect(refusal(text.slice(0, length), space).message).toMatch(/cut off|is not a token string/);
      }
    }
  });

  it('when it has too few or too many answers', () => {
    expect(refusal(good.replace(/,filterCount=\d+\/end$/, '/end')).message).toBe(
      `The sample ends after 5 answers, but the program of space convolutional@1 (${cnn.identity.fingerprint}) ` +
        'goes on to ask answer 6, filterCount. It was cut off, or its arguments were changed.',
    );
    expect(refusal(good.replace('/end', ',filterHeight=3/end')).message).toMatch(
      /has 7 answers.*complete after 6; the first answer too many is answer 7, filterHeight/,
    );
    expect(refusal(good.replace('layers=2', 'layers=3')).message).toContain(
      'goes on to ask answer 7, filterHeight',
    );
  });

  it('when answers are exchanged or unknown', () => {
    const [, height, width] = /(filterHeight=\d),(filterWidth=\d)/.exec(good) ?? [];
    expect(refusal(good.replace(`${height},${width}`, `${width},${height}`)).message).toMatch(
      /^answer 1 \(filterWidth no\. 1\): the program asks .*same answers must bring the same questions/,
    );
    expect(refusal(good.replace('filterHeight', 'depth')).message).toMatch(
      /^answer 1: depth is not a decision of space convolutional@1 .*which has filterHeight, filterWidth, filterCount\.$/,
    );
    expect(refusal(good.replace('filterHeight', 'constructor')).message).toContain(
      'constructor is not a decision',
    );
  });

  it('when an anchor chooses what is not earlier', () => {
    const [header] = encodeSample(sampleOf(0), layered).split('/layers');
    const text = (skips: string) =>
      `${header}/layers=2/type=max%20pool,skip=none,type=max%20pool,${skips}/end`;
    expect(decodeTokens(text('skip=0'), layered).answers.at(-1)).toMatchObject({ chosen: [0] });
    expect(refusal(text('skip=1'), layered).message).toBe(
      'answer 4 (skip no. 2): [1] is not an ascending list of earlier anchor points (there are 1, counted from 0).',
    );
    expect(refusal(text('skip=0+0'), layered).message).toContain('[0,0] is not an ascending list');
    for (const value of ['', 'x', '0+', '+0', '0,1', '-1', '0+1e3', '99999999999']) {
      expect(refusal(text(`skip=${value}`), layered)).toBeInstanceOf(InvalidTokenError);
    }
  });

  it('when it is not a token string at all', () => {
    const garbage = [
      '',
      '/',
      'best',
      '17',
      'a@1',
      'a@1/zz/-/-/end',
      'a@0/00000000/-/-/end',
      'a@1/00000000/end',
      '@1/00000000/-/-/end',
    ];
    for (const text of [
      ...garbage,
      'a@1/00000000/-/-/-/end',
      'a@1/00000000/x/-/end',
      'a@1/00000000/x=/-/end',
      'a%4@1/00000000/-/-/end',
    ]) {
      expect(refusal(text)).toBeInstanceOf(InvalidTokenError);
    }
    expect(refusal('a@1/00000000/layers=2,layers=3/-/end').message).toContain('One argument is given twice');
    expect(refusal('a@1/00000000/layers=two/-/end').message).toContain(
      'The argument layers has the value "two"',
    );
  });

  it('or decodes, but never fails in another way (property)', () => {
    const edit = fc.record({
      at: fc.nat(good.length),
      remove: fc.nat(3),
      insert: fc.string({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const text = edits.reduce(
          (now, { at, remove, insert }) => now.slice(0, at) + insert + now.slice(at + remove),
          good,
        );
        let sample: Sample;
        try {
          sample = decodeTokens(text, cnn);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^(TOKENS_INVALID|SAMPLE_OF_ANOTHER_SPACE)$/);
          return;
        }
        expect(encodeSample(sample, cnn)).toBe(text.trim());
      }),
    );
  });

  it('when no built-in space has its name', () => {
    const text = encodeSample(sampleOf(0), layered);
    expect(() => spaceOfTokens(text)).toThrow(UnknownSpaceError);
    expect(() => spaceOfTokens(text)).toThrow(/no built-in space "layered"\. Built in: convolutional, /);
  });

  it('when this release has another version of its built-in space', () => {
    expect(() => spaceOfTokens(good.replace('@1/', '@7/'))).toThrow(/Decode it with convolutional@7/);
    expect(() => spaceOfTokens(good.replace('/layers', '/options:depth=3/layers'))).toThrow(
      /options of space convolutional are wrong/,
    );
  });
});
