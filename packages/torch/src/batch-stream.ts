import { native } from './native.ts';
import { Tensor } from './tensor.ts';

export interface BatchStreamOptions {
  /** Mean of each channel, of values scaled to 0–1. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel, of values scaled to 0–1. */
  readonly std: readonly number[];
  /** Memory order of the batches. Default false. */
  readonly channelsLast?: boolean;
}

export interface Batch {
  /** Standardised, float32 [batch, channels, height, width]. */
  readonly images: Tensor;
  /** int64 [batch] */
  readonly labels: Tensor;
}

const collected = new FinalizationRegistry<number>((handle) => native().closeBatches(handle));

/**
 * Prepares standardised batches on a native thread of its own, while the JavaScript thread trains.
 *
 * Ask for the next batch with `prepare` before the step that uses the present one; `take` gives the batches in
 * the order asked for, and waits if one is not ready. What comes out depends on nothing but the indices.
 */
export class BatchStream {
  readonly #handle: number;

  /**
   * @param images uint8 [count, channels, height, width], on the CPU; not copied when contiguous, do not change it
   * @param labels int64 [count]
   */
  constructor(images: Tensor, labels: Tensor, options: BatchStreamOptions) {
    const { mean, std, channelsLast = false } = options;
    this.#handle = native().openBatches(images.handle, labels.handle, mean, std, channelsLast);
    collected.register(this, this.#handle, this);
  }

  /** Asks for a batch. @throws TorchError BAD_ARGUMENT for an index outside the images */
  prepare(indices: Int32Array | readonly number[]): void {
    native().prepareBatch(this.#handle, indices);
  }

  /** The batch asked for longest ago; its tensors belong to the current scope. */
  take(): Batch {
    const [images, labels] = native().takeBatch(this.#handle);
    return { images: new Tensor(images), labels: new Tensor(labels) };
  }

  /** Ends the thread and frees batches that nobody took. */
  dispose(): void {
    collected.unregister(this);
    native().closeBatches(this.#handle);
  }
}
