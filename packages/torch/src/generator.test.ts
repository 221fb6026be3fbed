import { describe, expect, it } from 'vitest';
import { dropout, Generator, manualSeed, ones, rand, randn, scope, zeros } from './index.ts';

const drawn = (generator: Generator): number[] =>
  scope(() => [
    ...randn([20], { generator }).toNumbers(),
    ...zeros([20]).uniform_(-1, 1, generator).toNumbers(),
  ]);

describe('Generator', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    expect(drawn(new Generator(7))).toEqual(drawn(new Generator(7)));
    expect(drawn(new Generator(7))).not.toEqual(drawn(new Generator(8)));
  });

  it('seed() starts again', () => {
    const generator = new Generator(1);
    const first = drawn(generator);
    expect(drawn(generator)).not.toEqual(first);
    generator.seed(1);
    expect(drawn(generator)).toEqual(first);
  });

  it('setState continues exactly where getState stood, in another generator too', () => {
    const generator = new Generator(2);
    drawn(generator);
    scope(() => randn([3], { generator })); // leaves half a pair of normals in the state
    const state = generator.getState();
    const next = drawn(generator);
    const restored = new Generator(99);
    restored.setState(state);
    expect(drawn(restored)).toEqual(next);
  });

  it('is independent of the global one', () => {
    const generator = new Generator(3);
    const first = drawn(generator);
    generator.seed(3);
    manualSeed(123);
    scope(() => rand([100]));
    expect(drawn(generator)).toEqual(first);
  });

  it('takes seeds from 0 to 2^53 − 1', () => {
    expect(drawn(new Generator(Number.MAX_SAFE_INTEGER))).not.toEqual(drawn(new Generator(0)));
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => new Generator(seed), String(seed)).toThrow(/a seed is an integer/);
      expect(() => manualSeed(seed)).toThrow(/a seed is an integer/);
    }
  });

  it('refuses bytes that are no state', () => {
    expect(() => new Generator(1).setState(new Uint8Array(10))).toThrow(/state/);
  });

  it('draws the mask of dropout: the share dropped is near the probability, the rest is scaled', () => {
    scope(() => {
      const values = dropout(ones([20_000]), 0.25, true, new Generator(4)).toNumbers();
      const dropped = values.filter((value) => value === 0).length / values.length;
      expect(Math.abs(dropped - 0.25)).toBeLessThan(0.02); // five standard deviations are 0.015
      expect(new Set(values.map((value) => value.toFixed(5)))).toEqual(new Set(['0.00000', '1.33333']));
      expect(dropout(ones([3]), 0.25, false).toNumbers()).toEqual([1, 1, 1]);
    });
  });
});

describe('manualSeed', () => {
  it('repeats the global generator', () => {
    const draw = (): number[] => {
      manualSeed(5);
      return scope(() => rand([4]).toNumbers());
    };
    expect(draw()).toEqual(draw());
  });
});
