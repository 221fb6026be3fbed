import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../random.ts';
import { augmentationOf, drawPlacements, enlargedSize } from './augmentation.ts';

const cifar = { height: 32, width: 32 };
const paper = augmentationOf({}, 'cifar10');

/** [top, left, mirrored] of each image. */
function drawn(seed: number, count = 20_000): readonly (readonly number[])[] {
  const placements = drawPlacements(paper, cifar, count, randomStream(seed, 'augment', 1)) ?? [];
  return Array.from({ length: count }, (_, i) => [...placements.slice(3 * i, 3 * i + 3)]);
}

function countsOf(values: readonly number[]): number[] {
  const counts: number[] = [];
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe('augmentation', () => {
  it('of CIFAR-10 is the paper’s by default: enlarged to 40 pixels, cropped, mirrored', () => {
    expect(paper).toEqual({ flip: true, upsample: 40 });
    expect(enlargedSize(paper, cifar)).toEqual([40, 40]);
  });

  it.each(['mnist', 'fashion-mnist'])('of %s is none by default', (dataset) => {
    expect(augmentationOf({}, dataset)).toEqual({ flip: false, upsample: null });
  });

  it('is what the recipe says, whatever the data set', () => {
    expect(augmentationOf({ flip: false }, 'cifar10')).toEqual({ flip: false, upsample: 40 });
    expect(augmentationOf({ upsample: null }, 'cifar10')).toEqual({ flip: true, upsample: null });
    expect(augmentationOf({ flip: true, upsample: 32 }, 'mnist')).toEqual({ flip: true, upsample: 32 });
  });

  it('cannot shrink an image', () => {
    expect(() => enlargedSize({ flip: true, upsample: 31 }, cifar)).toThrow(
      /images of 32 × 32 pixels cannot be enlarged to 31 × 31/,
    );
  });
});

describe('placements', () => {
  it('are uniform: nine rows, nine columns, and half of the images mirrored', () => {
    const all = drawn(1);
    for (const axis of [0, 1]) {
      const counts = countsOf(all.map((placement) => placement[axis] as number));
      expect(counts.length).toBe(9);
      // χ² with 8 degrees of freedom; 26.1 is its 99.9 % point.
      const expected = all.length / 9;
      const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(chiSquared).toBeLessThan(26.1);
    }
    const [plain = 0, mirrored = 0] = countsOf(all.map((placement) => placement[2] as number));
    expect(plain + mirrored).toBe(all.length);
    expect(Math.abs(mirrored - plain)).toBeLessThan(3.3 * Math.sqrt(all.length));
  });

  it('are the same for the same stream, others in another epoch', () => {
    expect(drawn(5, 100)).toEqual(drawn(5, 100));
    expect(drawn(5, 100)).not.toEqual(drawn(6, 100));
  });

  it('lie inside the enlarged image, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, fc.nat(20), fc.boolean(), fc.integer(), (height, width, more, flip, seed) => {
        const upsample = Math.max(height, width) + more;
        const placements = drawPlacements({ flip, upsample }, { height, width }, 50, randomStream(seed));
        for (let at = 0; at < 150; at += 3) {
          const [top = -1, left = -1, mirrored = -1] = placements?.subarray(at, at + 3) ?? [];
          expect(top >= 0 && top + height <= upsample).toBe(true);
          expect(left >= 0 && left + width <= upsample).toBe(true);
          expect(mirrored === 0 || (flip && mirrored === 1)).toBe(true);
        }
      }),
    );
  });

  it('are none where nothing is varied, and only mirrored where there is no crop', () => {
    const random = randomStream(1);
    expect(drawPlacements({ flip: false, upsample: null }, cifar, 9, random)).toBeNull();
    const flips = drawPlacements({ flip: true, upsample: null }, cifar, 90, random) ?? [];
    expect(new Set(flips)).toEqual(new Set([0, 1]));
    expect([...flips].filter((_, at) => at % 3 !== 2).every((offset) => offset === 0)).toBe(true);
  });
});
