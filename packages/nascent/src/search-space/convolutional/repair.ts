import type { ConvolutionalLayer } from './architecture.ts';

/** Repair 1 (Zoph & Le 2017, §3.3): a layer for which no input was chosen reads the image. */
export function orImage<Source>(chosen: readonly Source[], image: Source): readonly Source[] {
  return chosen.length === 0 ? [image] : chosen;
}

/**
 * Repair 2 (§3.3): the outputs that no layer reads are joined and go to the classifier.
 * @returns their numbers, from 1, ascending; never empty, for nothing reads the last layer
 */
export function unreadOutputs(layers: readonly Pick<ConvolutionalLayer, 'inputs'>[]): readonly number[] {
  const read = new Set(layers.flatMap((layer) => layer.inputs));
  return layers.map((_, i) => i + 1).filter((layer) => !read.has(layer));
}

/** Zeros around an image of smaller size; none is negative. */
export interface ZeroPadding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface SpatialSize {
  readonly height: number;
  readonly width: number;
}

/** The largest height and the largest width, which may come from different inputs. */
export function largestSize(sizes: readonly SpatialSize[]): SpatialSize {
  return {
    height: Math.max(...sizes.map((size) => size.height)),
    width: Math.max(...sizes.map((size) => size.width)),
  };
}

/**
 * Repair 3 (§3.3): inputs of different sizes are padded with zeros to the largest, half on each side and the odd
 * pixel at the bottom and right, as SAME padding does.
 */
export function zeroPadding(from: SpatialSize, to: SpatialSize): ZeroPadding {
  const [rows, columns] = [to.height - from.height, to.width - from.width];
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return { top, bottom: rows - top, left, right: columns - left };
}
