import type { ImageBatches } from './image-tensors.ts';

/** Lets the event loop run; throws where training is to stop. */
export type Pause = () => Promise<void>;

/**
 * Walks through the examples in batches, the last of which may be smaller, always one batch ahead: the next is
 * prepared while `use` works on this one.
 * @param use takes the batch from `batches`; false ends the walk
 * @returns the number of batches used
 */
export async function walkBatches(
  batches: ImageBatches,
  examples: Int32Array,
  batchSize: number,
  pause: Pause,
  use: (size: number) => boolean,
): Promise<number> {
  const part = (start: number): Int32Array => examples.subarray(start, start + batchSize);
  let used = 0;
  if (examples.length > 0) batches.prepare(part(0));
  for (let start = 0; start < examples.length; start += batchSize) {
    await pause();
    const next = part(start + batchSize);
    if (next.length > 0) batches.prepare(next);
    used++;
    if (!use(part(start).length)) break;
  }
  return used;
}
