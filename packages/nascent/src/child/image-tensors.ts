import { BatchStream, type Device, fromBuffer, keep, scope, type Tensor, tensor } from '@nascent/torch';
import type { ImageDataset, Preprocessing } from '../dataset/index.ts';

/** One batch for the network: whitened float32 images [B, C, H, W] and int64 labels [B]. */
export interface ImageBatch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Batches in the order in which they were asked for, prepared while other work runs. */
export interface ImageBatches {
  /**
   * Asks for the batch of these examples; returns at once.
   * @param placements three integers for each example (`drawPlacements`); null or absent: the images as they are
   */
  prepare(examples: Int32Array, placements?: Int32Array | null): void;
  /** The oldest batch asked for and not taken; its tensors belong to the current scope. */
  take(): ImageBatch;
  /** Processor time that preparing batches has taken so far, on a thread beside the caller's. */
  readonly busySeconds: number;
  dispose(): void;
}

export interface ImageTensorsOptions {
  /** The network's, whichever part of the data this is. */
  readonly preprocessing: Preprocessing;
  /** Where batches go; the bytes stay with the CPU. */
  readonly device?: Device | undefined;
}

/**
 * A data set where the engine can gather batches from it: bytes as they are, without a copy; whitened batch by
 * batch. Owns its tensors until `dispose()`.
 */
export class ImageTensors {
  /** Name of the data set. */
  readonly dataset: string;
  readonly channels: number;
  readonly classes: number;
  readonly height: number;
  readonly width: number;
  readonly device: Device;
  readonly #images: Tensor;
  readonly #labels: Tensor;
  readonly #preprocessing: Preprocessing;

  constructor(dataset: ImageDataset, { preprocessing, device = 'cpu' }: ImageTensorsOptions) {
    const { channels, height, width, images, labels } = dataset;
    this.dataset = dataset.name;
    this.channels = channels;
    this.classes = dataset.classes.length;
    this.height = height;
    this.width = width;
    this.device = device;
    this.#preprocessing = preprocessing;
    [this.#images, this.#labels] = scope(
      () =>
        [
          keep(fromBuffer(images, [labels.length, channels, height, width])),
          keep(tensor(BigInt64Array.from(labels, BigInt), { dtype: 'int64' })),
        ] as const,
    );
  }

  /**
   * Opens a stream of batches.
   * @param channelsLast pixel-major memory (`usesChannelsLast`)
   * @param enlarged what images with a placement are enlarged to, in pixels; their own size by default
   */
  batches(channelsLast: boolean, enlarged?: readonly [height: number, width: number]): ImageBatches {
    const stream = new BatchStream(this.#images, this.#labels, {
      whitening: whiteningOf(this.#preprocessing),
      enlarged,
      channelsLast,
    });
    return this.device === 'cpu' ? stream : new MovedBatches(stream, this.device);
  }

  dispose(): void {
    this.#images.dispose();
    this.#labels.dispose();
  }
}

function whiteningOf(preprocessing: Preprocessing) {
  if (preprocessing.kind === 'per-image') return preprocessing;
  const { kind, mean, deviation } = preprocessing;
  return { kind, mean, std: deviation };
}

/** Batches prepared on the CPU and moved to another device. */
class MovedBatches implements ImageBatches {
  readonly #stream: BatchStream;
  readonly #device: Device;

  constructor(stream: BatchStream, device: Device) {
    this.#stream = stream;
    this.#device = device;
  }

  prepare(examples: Int32Array, placements?: Int32Array | null): void {
    this.#stream.prepare(examples, placements);
  }

  take(): ImageBatch {
    const { images, labels } = this.#stream.take();
    return { images: images.to(this.#device), labels: labels.to(this.#device) };
  }

  get busySeconds(): number {
    return this.#stream.busySeconds;
  }

  dispose(): void {
    this.#stream.dispose();
  }
}
