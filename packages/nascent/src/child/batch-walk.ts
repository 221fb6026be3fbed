import type { ImageBatches } from './image-tensors.ts';

/** Lets the event loop run; throws where training is to stop. */
export type Pause = () => Promise<void>;

/**
 * Walks through the examples in batches, the last of which may be smaller, always one batch ahead: the next is
 * prepared while `use` works on this one.
 * @param use takes the batch from `batches`; false ends the walk
 * @param placements what becomes of each example (`drawPlacements`); null: the images as they are
 * @returns the number of batches used
 */
export async function walkBatches(
  batches: ImageBatches,
  examples: Int32Array,
  batchSize: number,
  pause: Pause,
  use: (size: number) => boolean,
  placements: Int32Array | null = null,
): Promise<number> {
  const part = (start: number): Int32Array => examples.subarray(start, start + batchSize);
  const prepare = (start: number): void => {
    if (start >= examples.length) return;
    batches.prepare(part(start), placements?.subarray(3 * start, 3 * (start + batchSize)));
  };
  let used = 0;
  prepare(0);
  for (let start = 0; start < examples.length; start += batchSize) {
    await pause();
    prepare(start + batchSize);
    used++;
    if (!use(part(start).length)) break;
  }
  return used;
}
