/**
 * A network as plain data for drawings and tables: a graph of layers in topological order.
 */
export interface NetworkDescription {
  /** Layer 0 is the input; every layer's inputs stand before it. */
  readonly layers: readonly LayerDescription[];
  /** Trainable parameters of all layers. */
  readonly parameters: number;
  /** Multiply-adds for one example, forward. */
  readonly flops: number;
}

export interface LayerDescription {
  /** What it is, for colours and symbols: `input`, `convolution`, `classifier` … */
  readonly kind: string;
  /** One line, for example `conv 3×5, 36 filters · bn · relu`. */
  readonly label: string;
  /** Output size without the batch: [channels, height, width], or [classes]. */
  readonly output: readonly number[];
  readonly parameters: number;
  readonly flops: number;
  /** The layers it reads, as indices into `layers`, ascending. */
  readonly inputs: readonly number[];
}

/** The shape of the images and the number of classes. */
export interface ImageInput {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: number;
}

/** 32×32 RGB images in 10 classes. */
export const CIFAR10_INPUT: ImageInput = { height: 32, width: 32, channels: 3, classes: 10 };
