import type { ImageDataset } from './image-dataset.ts';

/**
 * Mean and standard deviation (population) of each channel, of pixels scaled to [0, 1]; shape [channels].
 * A constant channel has the deviation 1, so that standardising it gives zeros.
 */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * The statistics of the images at `indices`: the training part only, or validation data leak into training.
 * Sums are integers, hence exact and independent of order.
 */
export function channelStatistics(
  dataset: Pick<ImageDataset, 'images' | 'channels' | 'height' | 'width'>,
  indices: Int32Array,
): ChannelStatistics {
  const { images, channels } = dataset;
  const plane = dataset.height * dataset.width;
  const mean: number[] = [];
  const deviation: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    let squares = 0;
    for (const index of indices) {
      const start = (index * channels + channel) * plane;
      for (let at = start; at < start + plane; at++) {
        const pixel = images[at] as number;
        sum += pixel;
        squares += pixel * pixel;
      }
    }
    const count = indices.length * plane;
    const average = sum / count;
    const variance = Math.max(0, squares / count - average * average);
    mean.push(average / 255);
    deviation.push(variance === 0 ? 1 : Math.sqrt(variance) / 255);
  }
  return { mean, deviation };
}

/**
 * The images at `indices` as float32 [N, channels, height, width], standardised: (pixel / 255 − mean) / deviation.
 */
export function standardise(
  dataset: Pick<ImageDataset, 'images' | 'channels' | 'height' | 'width'>,
  indices: Int32Array,
  { mean, deviation }: ChannelStatistics,
): Float32Array {
  const { images, channels } = dataset;
  const plane = dataset.height * dataset.width;
  const out = new Float32Array(indices.length * channels * plane);
  for (const [row, index] of indices.entries()) {
    for (let channel = 0; channel < channels; channel++) {
      const from = (index * channels + channel) * plane;
      const to = (row * channels + channel) * plane;
      const centre = mean[channel] as number;
      const scale = deviation[channel] as number;
      for (let at = 0; at < plane; at++)
        out[to + at] = ((images[from + at] as number) / 255 - centre) / scale;
    }
  }
  return out;
}
