import {
  BatchStream,
  type Device,
  fromBuffer,
  keep,
  noGrad,
  scope,
  type Tensor,
  tensor,
} from '@nascent/torch';
import type { ChannelStatistics, ImageDataset } from '../dataset/index.ts';

/** One batch for the network: standardised float32 images [B, C, H, W] and int64 labels [B]. */
export interface ImageBatch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Batches in the order in which they were asked for, prepared while other work runs. */
export interface ImageBatches {
  /** Asks for the batch of these examples; returns at once. */
  prepare(examples: Int32Array): void;
  /** The oldest batch asked for and not taken; its tensors belong to the current scope. */
  take(): ImageBatch;
  dispose(): void;
}

export interface ImageTensorsOptions {
  /** Of the training part, whichever part this is. */
  readonly statistics: ChannelStatistics;
  readonly device?: Device | undefined;
}

/**
 * A data set where the engine can gather batches from it: bytes as they are (on the CPU without a copy),
 * standardised batch by batch. Owns its tensors until `dispose()`.
 */
export class ImageTensors {
  readonly channels: number;
  readonly classes: number;
  readonly height: number;
  readonly width: number;
  readonly device: Device;
  readonly #images: Tensor;
  readonly #labels: Tensor;
  readonly #statistics: ChannelStatistics;

  constructor(dataset: ImageDataset, { statistics, device = 'cpu' }: ImageTensorsOptions) {
    const { channels, height, width, images, labels } = dataset;
    this.channels = channels;
    this.classes = dataset.classes.length;
    this.height = height;
    this.width = width;
    this.device = device;
    this.#statistics = statistics;
    const place = (made: Tensor): Tensor => keep(device === 'cpu' ? made : made.to(device));
    [this.#images, this.#labels] = scope(
      () =>
        [
          place(fromBuffer(images, [labels.length, channels, height, width])),
          place(tensor(BigInt64Array.from(labels, BigInt), { dtype: 'int64' })),
        ] as const,
    );
  }

  /**
   * Opens a stream of batches: (pixel / 255 − mean) / deviation by channel.
   * @param channelsLast pixel-major memory (`usesChannelsLast`)
   */
  batches(channelsLast: boolean): ImageBatches {
    return this.device === 'cpu'
      ? new BatchStream(this.#images, this.#labels, {
          mean: this.#statistics.mean,
          std: this.#statistics.deviation,
          channelsLast,
        })
      : new DeviceBatches(this.#images, this.#labels, this.#statistics, channelsLast);
  }

  dispose(): void {
    this.#images.dispose();
    this.#labels.dispose();
  }
}

/**
 * Batches gathered on the device that holds the images. Its operators only queue there: they run while
 * JavaScript goes on, in the order in which they were asked for.
 */
class DeviceBatches implements ImageBatches {
  readonly #images: Tensor;
  readonly #labels: Tensor;
  readonly #scale: Tensor;
  readonly #shift: Tensor;
  readonly #channelsLast: boolean;
  readonly #prepared: ImageBatch[] = [];

  constructor(images: Tensor, labels: Tensor, { mean, deviation }: ChannelStatistics, channelsLast: boolean) {
    this.#images = images;
    this.#labels = labels;
    this.#channelsLast = channelsLast;
    // (pixel / 255 − mean) / deviation = pixel · scale + shift
    const perChannel = (values: readonly number[]): Tensor =>
      keep(tensor(Float32Array.from(values), { shape: [1, values.length, 1, 1] }).to(images.device));
    [this.#scale, this.#shift] = scope(
      () =>
        [
          perChannel(deviation.map((value) => 1 / (255 * value))),
          perChannel(mean.map((value, channel) => -value / (deviation[channel] as number))),
        ] as const,
    );
  }

  prepare(examples: Int32Array): void {
    scope(() =>
      noGrad(() => {
        const indices = tensor(BigInt64Array.from(examples, BigInt), { dtype: 'int64' }).to(
          this.#images.device,
        );
        const bytes = this.#images.indexSelect(0, indices);
        const laidOut = this.#channelsLast ? bytes.contiguous({ channelsLast: true }) : bytes;
        const images = laidOut.to('float32').mul_(this.#scale).add_(this.#shift);
        this.#prepared.push({ images: keep(images), labels: keep(this.#labels.indexSelect(0, indices)) });
      }),
    );
  }

  take(): ImageBatch {
    const batch = this.#prepared.shift();
    if (batch === undefined) throw new RangeError('no batch was prepared: call prepare(examples) first');
    return batch;
  }

  dispose(): void {
    for (const { images, labels } of this.#prepared.splice(0)) {
      images.dispose();
      labels.dispose();
    }
    this.#scale.dispose();
    this.#shift.dispose();
  }
}
