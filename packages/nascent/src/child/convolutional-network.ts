import {
  BatchNorm2d,
  Conv2d,
  constant_,
  type Device,
  Generator,
  GlobalAvgPool2d,
  heNormal_,
  Linear,
  Module,
  type ParameterOptions,
  type Tensor,
} from '@nascent/torch';
import { deriveSeed } from '../random.ts';
import type { ConvolutionalArchitecture, ConvolutionLayer } from '../search-space/index.ts';

/** Convolution (SAME, no bias: batch norm has one), batch normalisation, ReLU (Zoph & Le 2017, §4.1). */
class ConvolutionBlock extends Module {
  readonly #convolution: Conv2d;
  readonly #norm: BatchNorm2d;

  constructor(inputChannels: number, layer: ConvolutionLayer, options: Initialisation) {
    super();
    const { filterHeight, filterWidth, strideHeight, strideWidth, filterCount } = layer;
    const convolution = new Conv2d(inputChannels, filterCount, [filterHeight, filterWidth], {
      ...options,
      stride: [strideHeight, strideWidth],
      padding: 'same',
      bias: false,
    });
    heNormal_(convolution.weight, { generator: options.generator });
    this.#convolution = this.child('convolution', convolution);
    this.#norm = this.child('norm', new BatchNorm2d(filterCount, { ...options, relu: true }));
  }

  /** [batch, in, h, w] → [batch, filters, ⌈h / stride⌉, ⌈w / stride⌉] */
  forward(input: Tensor): Tensor {
    const convolved = this.#convolution.forward(input);
    const activated = this.#norm.forward(convolved);
    convolved.dispose(); // autograd holds what it needs, and lets go of it as it goes back
    return activated;
  }
}

type Initialisation = ParameterOptions & { readonly generator: Generator };

export interface NetworkInput {
  readonly channels: number;
  readonly classes: number;
}

/**
 * The child network of a convolutional architecture: its layers in a chain, global average pooling, and a
 * linear classifier. Softmax is part of the loss.
 *
 * Weights: convolutions He normal (He et al. 2015), batch norm 1 and 0, classifier N(0, 1/√inputs) and 0.
 * State dict: `layers.<i>.convolution.weight`, `layers.<i>.norm.{weight,bias,running_mean,running_var}`,
 * `classifier.{weight,bias}`.
 */
export class ConvolutionalNetwork extends Module {
  readonly #blocks: readonly ConvolutionBlock[];
  readonly #pool = new GlobalAvgPool2d();
  readonly #classifier: Linear;

  /** @param seed same seed, same weights; the engine's global generator is not touched */
  constructor(
    architecture: ConvolutionalArchitecture,
    input: NetworkInput,
    { seed, device }: { readonly seed: number; readonly device?: Device | undefined },
  ) {
    super();
    const generator = new Generator(deriveSeed(seed, 'weights'));
    // Drawn on the CPU and moved afterwards: the same weights on every device.
    const options: Initialisation = { generator };
    const layers = this.child('layers', new Layers());
    let channels = input.channels;
    this.#blocks = architecture.layers.map((layer) => {
      const block = layers.add(new ConvolutionBlock(channels, layer, options));
      channels = layer.filterCount;
      return block;
    });
    const classifier = new Linear(channels, input.classes, options);
    heNormal_(classifier.weight, { gain: 1, generator });
    if (classifier.bias !== null) constant_(classifier.bias, 0);
    this.#classifier = this.child('classifier', classifier);
    if (device !== undefined && device !== 'cpu') this.to(device);
  }

  /** Standardised images [batch, channels, h, w] → logits [batch, classes]. */
  forward(images: Tensor): Tensor {
    let activation = images;
    for (const block of this.#blocks) {
      const next = block.forward(activation);
      if (activation !== images) activation.dispose();
      activation = next;
    }
    return this.#classifier.forward(this.#pool.forward(activation));
  }
}

/** Numbered children. */
class Layers extends Module {
  #count = 0;

  add<M extends Module>(module: M): M {
    return this.child(`${this.#count++}`, module);
  }
}
