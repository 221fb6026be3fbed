import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../random.ts';
import {
  checkProgram,
  decodeTokens,
  encodeSample,
  enumerate,
  ForeignSampleError,
  InvalidArchitectureError,
  nasBenchNlp,
  SpaceOptionsError,
  sampleUniformly,
  spaceOfTokens,
} from '../index.ts';
import { parseNasBenchNlpArchitecture } from './nas-bench-nlp.ts';

describe('the space nas-bench-nlp', () => {
  it('names each of 7,161 cells by the hundred that it stands in and its place there', () => {
    const space = nasBenchNlp();
    expect(space.size?.({})).toBe(7161n);
    expect(
      Object.values(space.decisions).map((it) => (it.kind === 'choice' ? it.options.length : 0)),
    ).toEqual([72, 100]);
    expect(space.identity).toEqual({
      name: 'nas-bench-nlp',
      version: 1,
      fingerprint: '6b4eb339',
      options: {},
    });
    checkProgram(space, {});
  });

  it('reaches every rank once, whatever the size of the last class', () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 350 }), fc.constantFrom(1, 99, 100, 101, 200));
    fc.assert(
      fc.property(sizes, (cells) => {
        const space = nasBenchNlp({ cells });
        const ranks = Array.from(enumerate(space, {}), (sample) => space.decode(sample).rank);
        expect(ranks).toEqual(Array.from({ length: cells }, (_, rank) => rank));
      }),
      { numRuns: 20 },
    );
  });

  it('a token string carries the size of its pool and decodes alone; another pool refuses it', () => {
    const space = nasBenchNlp({ cells: 301 });
    const sample = sampleUniformly(space, {}, randomStream(1));
    const tokens = encodeSample(sample, space);
    const again = spaceOfTokens(tokens);
    expect(again.decode(decodeTokens(tokens, again))).toEqual(space.decode(sample));
    expect(space.decode(sample)).toMatchObject({ cells: 301 });
    expect(() => nasBenchNlp({ cells: 302 }).decode(sample)).toThrow(ForeignSampleError);
  });

  it.each([{ cells: 0 }, { cells: 1.5 }, { cells: 'all' }, { pool: 300 }])(
    'options %j are refused',
    (options) => {
      expect(() => nasBenchNlp(options)).toThrow(SpaceOptionsError);
      expect(() => nasBenchNlp(options)).toThrow(/only option is cells/);
    },
  );

  it.each([
    { kind: 'nas-bench-nlp', rank: 3 },
    { kind: 'nas-bench-nlp', cells: 300, rank: 300 },
    { kind: 'nas-bench-nlp', cells: 300, rank: -1 },
    { kind: 'nas-bench-macro', arch: '00000000' },
  ])('an architecture from outside: %j is refused', (data) => {
    expect(() => parseNasBenchNlpArchitecture(data)).toThrow(InvalidArchitectureError);
  });
});
