import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveSeed, randomStream } from './random.ts';

const WORD = 2 ** 32;
const draw = <T>(count: number, one: () => T): T[] => Array.from({ length: count }, one);

/** Pearson's χ² of counts against equal expectations. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function countsOf(values: Iterable<number>, cells: number): number[] {
  const counts = new Array<number>(cells).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (v: readonly number[]) => v.reduce((a, b) => a + b, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = mean(x.map((xi, i) => (xi - mx) * ((y[i] ?? 0) - my)));
  const spread = (v: readonly number[], m: number) => Math.sqrt(mean(v.map((vi) => (vi - m) ** 2)));
  return covariance / (spread(x, mx) * spread(y, my));
}

describe('random streams', () => {
  // Numbers from test/fixtures/random.py. If they move, every recorded study stops resuming exactly.
  it('are pinned to the numbers of an independent program', () => {
    const words = randomStream(7, 'sample', 0);
    expect(draw(4, () => words.integer(WORD))).toEqual([4207444600, 1630328084, 1292596078, 2208117948]);
    const reals = randomStream(7, 'sample', 0);
    expect(reals.uniform()).toBe(0.979622031596231);
    expect(reals.normal()).toBeCloseTo(0.03174253928597436, 14); // log and cos may differ in the last bit
    expect(deriveSeed(7, 'trial', 3)).toBe(113317962551008);
  });

  it('with the same name give the same numbers, however they are interleaved', () => {
    const [a, b, other] = [randomStream('s', 1), randomStream('s', 1), randomStream('s', 2)];
    const first = draw(10, () => a.uniform());
    const second = draw(10, () => {
      other.uniform();
      return b.uniform();
    });
    expect(second).toEqual(first);
  });

  it('keep names apart that only look alike', () => {
    const names: (string | number)[][] = [
      ['a', 'b'],
      ['ab'],
      ['a', 'b', ''],
      [1],
      ['1'],
      [1, 1],
      [11],
      ['a,b'],
      [],
      [''],
    ];
    expect(new Set(names.map((name) => deriveSeed(...name))).size).toBe(names.length);
  });

  it('of neighbouring seeds are not correlated, in their first numbers or later', () => {
    const seeds = 20_000;
    for (const skipped of [0, 1, 5]) {
      const nth = (seed: number) => {
        const stream = randomStream(seed);
        for (let i = 0; i < skipped; i++) stream.uniform();
        return stream.uniform();
      };
      const numbers = Array.from({ length: seeds + 1 }, (_, seed) => nth(seed));
      // The standard error is 1/√20000 ≈ 0.007; xoroshiro128+ seeded directly gives nearly 1 here.
      expect(Math.abs(correlation(numbers.slice(0, -1), numbers.slice(1)))).toBeLessThan(0.025);
      expect(
        chiSquare(
          countsOf(
            numbers.map((u) => Math.floor(u * 64)),
            64,
          ),
        ),
      ).toBeLessThan(103); // χ²(63), 0.1 %
    }
  });
});

describe('a derived seed', () => {
  it('is an integer in [0, 2^48), whatever the keys (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.bigInt())), (keys) => {
        const seed = deriveSeed(...keys);
        expect(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 48).toBe(true);
        expect(deriveSeed(...keys)).toBe(seed);
      }),
    );
  });

  it('is far from those of its neighbours', () => {
    const seeds = Array.from({ length: 10_000 }, (_, trial) => deriveSeed(0, 'trial', trial));
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(
      chiSquare(
        countsOf(
          seeds.map((seed) => seed % 32),
          32,
        ),
      ),
    ).toBeLessThan(61.1); // χ²(31), 0.1 %
    expect(
      chiSquare(
        countsOf(
          seeds.map((seed) => Math.floor(seed / 2 ** 43)),
          32,
        ),
      ),
    ).toBeLessThan(61.1);
  });
});

describe('uniform numbers', () => {
  it('lie in [0, 1) and fill it evenly', () => {
    const stream = randomStream(3, 'uniform');
    const numbers = draw(100_000, () => stream.uniform());
    expect(numbers.every((u) => u >= 0 && u < 1)).toBe(true);
    expect(
      chiSquare(
        countsOf(
          numbers.map((u) => Math.floor(u * 100)),
          100,
        ),
      ),
    ).toBeLessThan(148.2); // χ²(99), 0.1 %
    const successive = correlation(numbers.slice(0, -1), numbers.slice(1));
    expect(Math.abs(successive)).toBeLessThan(0.01); // standard error 0.003
  });

  it('have all of their 53 bits', () => {
    const stream = randomStream(4, 'bits');
    const lowest = draw(10_000, () => (stream.uniform() * 2 ** 53) % 2);
    expect(Math.abs(lowest.reduce((a, b) => a + b, 0) - 5_000)).toBeLessThan(165); // 3.3 standard deviations of 50
  });
});

describe('uniform integers', () => {
  it.each([2, 3, 7, 10, 100])('below %i are equally frequent', (below) => {
    const stream = randomStream(5, 'integer', below);
    const counts = countsOf(
      draw(50_000, () => stream.integer(below)),
      below,
    );
    expect(counts).toHaveLength(below); // none outside
    const freedom = below - 1;
    // Wilson & Hilferty's 99.9 % quantile of χ²
    const limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3;
    expect(chiSquare(counts)).toBeLessThan(limit);
  });

  it('have no modulo bias where it would be largest', () => {
    // Below ¾·2^32, taking the remainder would make the lowest third twice as likely as the rest: ½ instead of ⅓.
    const below = 0.75 * WORD;
    const stream = randomStream(6, 'bias');
    const low = draw(30_000, () => stream.integer(below)).filter((n) => n < below / 3).length;
    expect(Math.abs(low - 10_000)).toBeLessThan(270); // 3.3 standard deviations of 81.6
  });

  it('below 1 are 0', () => {
    expect(randomStream(0).integer(1)).toBe(0);
  });
});

describe('normal numbers', () => {
  it('have the moments and tails of the standard normal distribution', () => {
    const stream = randomStream(8, 'normal');
    const count = 100_000;
    const numbers = draw(count, () => stream.normal());
    const moment = (k: number) => numbers.reduce((sum, z) => sum + z ** k, 0) / count;
    expect(numbers.every(Number.isFinite)).toBe(true);
    expect(Math.abs(moment(1))).toBeLessThan(0.011); // 3.3 standard errors √(1/n)
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.015); // √(2/n)
    expect(Math.abs(moment(3))).toBeLessThan(0.041); // √(15/n)
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.103); // √(96/n)
    const beyond = numbers.filter((z) => Math.abs(z) > 1.959964).length / count;
    expect(Math.abs(beyond - 0.05)).toBeLessThan(0.0023);
  });
});

describe('a permutation', () => {
  it('holds every index once (property)', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(200), (seed, length) => {
        const order = randomStream(seed).permutation(length);
        expect(order).toBeInstanceOf(Int32Array);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
  });

  it('comes in every order equally often', () => {
    const stream = randomStream(9, 'permutation');
    const orders = draw(24_000, () => [...stream.permutation(4)].join(''));
    const counts = new Map<string, number>();
    for (const order of orders) counts.set(order, (counts.get(order) ?? 0) + 1);
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()])).toBeLessThan(49.7); // χ²(23), 0.1 %
  });
});
