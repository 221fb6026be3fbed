import { native } from './native.ts';
import { Tensor } from './tensor.ts';

/** How pixels become what a network reads; of values scaled to 0–1. */
export type Whitening =
  /** (x − mean) / std of its channel. */
  | { readonly kind: 'per-channel'; readonly mean: readonly number[]; readonly std: readonly number[] }
  /** (x − μ) / max(σ, 1/√n) over the n values of each image, all channels together, after crop and mirroring. */
  | { readonly kind: 'per-image' };

export interface BatchStreamOptions {
  readonly whitening: Whitening;
  /** [height, width] that images are enlarged to before they are cropped. Default: their own. */
  readonly enlarged?: readonly [height: number, width: number] | undefined;
  /** Memory order of the batches. Default false. */
  readonly channelsLast?: boolean;
}

export interface Batch {
  /** Whitened, float32 [batch, channels, height, width]. */
  readonly images: Tensor;
  /** int64 [batch] */
  readonly labels: Tensor;
}

const collected = new FinalizationRegistry<number>((handle) => native().closeBatches(handle));

/**
 * Prepares batches on a native thread of its own, while the JavaScript thread trains.
 *
 * Ask for the next batch with `prepare` before the step that uses the present one; `take` gives the batches in
 * the order asked for, and waits if one is not ready. What comes out depends on nothing but what was asked for:
 * whatever is random about augmentation is drawn by the caller.
 */
export class BatchStream {
  readonly #handle: number;

  /**
   * @param images uint8 [count, channels, height, width], on the CPU; not copied when contiguous, do not change it
   * @param labels int64 [count]
   * @throws TorchError SHAPE_MISMATCH, or BAD_ARGUMENT where images would have to shrink
   */
  constructor(images: Tensor, labels: Tensor, options: BatchStreamOptions) {
    const { whitening, enlarged, channelsLast = false } = options;
    const [mean, std] = whitening.kind === 'per-image' ? [null, null] : [whitening.mean, whitening.std];
    const [height, width] = enlarged ?? [images.shape[2] ?? 0, images.shape[3] ?? 0];
    this.#handle = native().openBatches(images.handle, labels.handle, mean, std, height, width, channelsLast);
    collected.register(this, this.#handle, this);
  }

  /**
   * Asks for a batch.
   * @param placements three integers for each image: row and column of the crop's corner in the enlarged image, and 1
   *   where the crop is mirrored left to right, else 0. The crop has the image's own size; enlarging is bilinear, as
   *   `upsample_bilinear2d` without aligned corners. Absent: the images as they are.
   * @throws TorchError BAD_ARGUMENT for an index outside the images, or a crop outside the enlarged image
   */
  prepare(indices: Int32Array | readonly number[], placements?: Int32Array | readonly number[] | null): void {
    native().prepareBatch(this.#handle, indices, placements ?? null);
  }

  /** The batch asked for longest ago; its tensors belong to the current scope. */
  take(): Batch {
    const [images, labels] = native().takeBatch(this.#handle);
    return { images: new Tensor(images), labels: new Tensor(labels) };
  }

  /** Processor time that the stream's own thread has spent on batches so far. */
  get busySeconds(): number {
    return native().batchesBusy(this.#handle);
  }

  /** Ends the thread and frees batches that nobody took. */
  dispose(): void {
    collected.unregister(this);
    native().closeBatches(this.#handle);
  }
}
