import { describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import {
  channelStatistics,
  loadTrainingImages,
  measurePreprocessing,
  standardise,
} from '../dataset/index.ts';
import { ImageTensors } from './image-tensors.ts';

const images = await loadTrainingImages('cifar10', { path: fixtures.cifar10 });
const wanted = Int32Array.of(17, 3, 99);
const pixels = 3 * 32 * 32;

/** The batch of the wanted images as [3, 3, 32, 32], in rows. */
function batch(kind: 'per-image' | 'per-channel', channelsLast: boolean, placements?: Int32Array) {
  const data = new ImageTensors(images, { preprocessing: measurePreprocessing(kind, images, wanted) });
  const batches = data.batches(channelsLast, [40, 40]);
  batches.prepare(wanted, placements);
  const taken = batches.take();
  const found = {
    shape: taken.images.shape,
    values: taken.images.contiguous().toFloat32(),
    labels: [...taken.labels.toArray()].map(Number),
  };
  for (const tensor of [taken.images, taken.labels]) tensor.dispose();
  batches.dispose();
  data.dispose();
  return found;
}

/** Per-image whitening of one image's bytes, written down again. */
function whitened(bytes: Uint8Array): number[] {
  const values = Array.from(bytes, (byte) => byte / 255);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.max(Math.sqrt(variance), 1 / Math.sqrt(values.length)));
}

function expectClose(found: Float32Array, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (const [at, value] of found.entries())
    expect(Math.abs(value - (expected[at] as number))).toBeLessThan(1e-5);
}

describe.each([false, true])('batches (pixel-major: %s)', (channelsLast) => {
  it('hold the labels of the images asked for', () => {
    const { shape, labels } = batch('per-image', channelsLast);
    expect(shape).toEqual([3, 3, 32, 32]);
    expect(labels).toEqual([...wanted].map((at) => images.labels[at]));
  });

  it('per-image: each image has its own mean and deviation', () => {
    const expected = [...wanted].flatMap((at) =>
      whitened(images.images.subarray(at * pixels, (at + 1) * pixels)),
    );
    expectClose(batch('per-image', channelsLast).values, expected);
  });

  it('per-channel: the training images’ mean and deviation hold for all', () => {
    const expected = standardise(images, wanted, channelStatistics(images, wanted));
    expectClose(batch('per-channel', channelsLast).values, expected);
  });

  it('an augmented image is whitened after its crop: mean 0, deviation 1', () => {
    const { values } = batch('per-image', channelsLast, Int32Array.of(0, 0, 0, 8, 8, 1, 4, 3, 1));
    for (const row of [0, 1, 2]) {
      const image = values.subarray(row * pixels, (row + 1) * pixels);
      const mean = image.reduce((sum, value) => sum + value, 0) / pixels;
      const variance = image.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels;
      expect(mean).toBeCloseTo(0, 5);
      expect(variance).toBeCloseTo(1, 5);
    }
  });
});
