import { cat, channelMeans, paddedCat, type Tensor } from '@nascent/torch';
import type { Extent, PlannedInput } from '../../search-space/index.ts';

/**
 * Pads what a layer reads to the largest size and joins it along depth (Zoph & Le 2017, §3.3).
 * @param read by source, 0 the image
 * @returns the only input itself where there is nothing to do
 */
export function join(inputs: readonly PlannedInput[], read: ReadonlyMap<number, Tensor>): Tensor {
  const parts = inputs.map(({ source, padding }) => ({ values: valuesOf(source, read), padding }));
  const [only] = parts;
  // One input alone is the largest.
  return parts.length === 1 && only !== undefined ? only.values : paddedCat(parts);
}

/**
 * The mean of every channel of what the classifier reads: global average pooling of `join`, without joining. Zeros
 * add nothing to a sum, so each input is summed by itself and divided by the area of the largest.
 * @param joined the extent of what would be joined
 * @returns [batch, channels of all inputs]
 */
export function joinedMeans(
  inputs: readonly PlannedInput[],
  joined: Extent,
  read: ReadonlyMap<number, Tensor>,
): Tensor {
  const means = inputs.map(({ source }) =>
    channelMeans(valuesOf(source, read), joined.height * joined.width),
  );
  const [only] = means;
  return means.length === 1 && only !== undefined ? only : cat(means, 1);
}

function valuesOf(source: number, read: ReadonlyMap<number, Tensor>): Tensor {
  const values = read.get(source);
  if (values === undefined) throw new RangeError(`output ${source} is no longer there`);
  return values;
}
