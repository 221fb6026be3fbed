import { mean, standardDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { loadTrainingImages } from './load.ts';
import { channelStatistics, standardise } from './standardise.ts';

const dataset = await loadTrainingImages('cifar10', { path: fixtures.cifar10 });
const indices = Int32Array.of(3, 14, 15, 92, 65);

function channelOf(values: ArrayLike<number>, channel: number): number[] {
  return Array.from(values).filter((_, at) => Math.floor(at / 1024) % 3 === channel);
}

describe('standardisation', () => {
  const statistics = channelStatistics(dataset, indices);

  it('takes mean and deviation of the given images only, as an independent library does', () => {
    const pixels = [...indices].flatMap((index) =>
      Array.from(dataset.images.subarray(index * 3072, (index + 1) * 3072), (pixel) => pixel / 255),
    );
    for (const channel of [0, 1, 2]) {
      const values = channelOf(pixels, channel);
      expect(statistics.mean[channel]).toBeCloseTo(mean(values), 12);
      expect(statistics.deviation[channel]).toBeCloseTo(standardDeviation(values), 12);
    }
  });

  it('gives each channel mean 0 and deviation 1', () => {
    const images = standardise(dataset, indices, statistics);
    for (const channel of [0, 1, 2]) {
      const values = channelOf(images, channel);
      expect(mean(values)).toBeCloseTo(0, 5);
      expect(standardDeviation(values)).toBeCloseTo(1, 5);
    }
  });

  it('validation images do not change it', () => {
    const changed = { ...dataset, images: dataset.images.slice() };
    changed.images.fill(0, 0, 3 * 3072);
    expect(channelStatistics(changed, indices)).toEqual(statistics);
  });

  it('a constant channel becomes zeros, not NaN', () => {
    const flat = { images: new Uint8Array(2 * 4).fill(9), channels: 1, height: 2, width: 2 };
    const both = Int32Array.of(0, 1);
    const found = channelStatistics(flat, both);
    expect(found.deviation).toEqual([1]);
    expect([...standardise(flat, both, found)].every((value) => Math.abs(value) < 1e-6)).toBe(true);
  });
});
