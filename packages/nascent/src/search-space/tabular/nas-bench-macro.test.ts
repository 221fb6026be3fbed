import { describe, expect, it } from 'vitest';
import { randomStream } from '../../random.ts';
import {
  checkProgram,
  countByEnumeration,
  decodeTokens,
  encodeSample,
  enumerate,
  InvalidArchitectureError,
  nasBenchMacro,
  SpaceOptionsError,
  sampleUniformly,
  spaceOfTokens,
} from '../index.ts';
import { parseNasBenchMacroArchitecture } from './nas-bench-macro.ts';

const space = nasBenchMacro();

describe('the space nas-bench-macro', () => {
  it('asks eight layers, each under its own name, and writes their digits in this order', () => {
    expect(Object.keys(space.decisions)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((layer) => `layer${layer}`));
    // The last decision turns fastest, so the second sample differs from the first in layer 8.
    const samples = enumerate(space, {});
    const first = samples.next().value;
    const second = samples.next().value;
    expect(first && space.decode(first)).toEqual({ kind: 'nas-bench-macro', arch: '00000000' });
    expect(second && space.decode(second)).toEqual({ kind: 'nas-bench-macro', arch: '00000001' });
    checkProgram(space, {});
  });

  it('has 6,561 samples, counted one by one too', () => {
    expect(space.size?.({})).toBe(6561n);
    expect(countByEnumeration(space, {})).toBe(6561n);
  });

  it('a token string decodes alone; the fingerprint does not change', () => {
    expect(space.identity).toEqual({
      name: 'nas-bench-macro',
      version: 1,
      fingerprint: 'ebf20e45',
      options: {},
    });
    const sample = sampleUniformly(space, {}, randomStream(1));
    const tokens = encodeSample(sample, space);
    const again = spaceOfTokens(tokens);
    expect(again.decode(decodeTokens(tokens, again))).toEqual(space.decode(sample));
  });

  it('has no options', () => {
    expect(() => nasBenchMacro({ layers: 9 })).toThrow(SpaceOptionsError);
  });

  it.each([
    { kind: 'nas-bench-macro', arch: '2221222' },
    { kind: 'nas-bench-macro', arch: '22212223' },
    { kind: 'nas-bench-macro', arch: 22_212_220 },
    { kind: 'nas-bench-201', arch: '22212220' },
  ])('an architecture from outside: %j is refused', (data) => {
    expect(() => parseNasBenchMacroArchitecture(data)).toThrow(InvalidArchitectureError);
  });
});
