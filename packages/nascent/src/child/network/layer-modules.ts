import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  constant_,
  type Generator,
  heNormal_,
  MaxPool2d,
  Module,
  type ParameterOptions,
  type Tensor,
} from '@nascent/torch';
import { assertNever } from '../../assert-never.ts';
import type { PlannedLayer } from '../../search-space/index.ts';
import { ContrastNormalisation } from './contrast-normalisation.ts';

/** A layer as a module: [batch, channels, h, w] → [batch, channels′, h′, w′]. */
export abstract class LayerModule extends Module {
  /** May return its input itself, where there is nothing to do. */
  abstract forward(input: Tensor): Tensor;
}

export interface LayerOptions extends ParameterOptions {
  /** Draws the weights. */
  readonly generator: Generator;
  /** Added to the variance in batch normalisation. */
  readonly batchNormEpsilon: number;
}

/** Makes the module of a planned layer. */
export function layerModule({ layer, input }: PlannedLayer, options: LayerOptions): LayerModule {
  switch (layer.kind) {
    case 'convolution':
    case 'separable-convolution':
      return new ConvolutionModule(input.channels, layer, options);
    case 'max-pooling':
    case 'average-pooling':
      return new PoolingModule(layer);
    case 'contrast-normalisation':
      return new ContrastNormalisation([layer.windowHeight, layer.windowWidth]);
    case 'identity':
      return new Identity();
    default:
      return assertNever(layer);
  }
}

type Convolving = Extract<PlannedLayer['layer'], { readonly filterCount: number }>;

/**
 * Convolution (SAME), batch normalisation, ReLU (Zoph & Le 2017, §4.1). A separable one convolves each channel by
 * itself first. The last convolution has a bias only where no batch normalisation follows.
 *
 * State: `convolution.weight`, or `depthwise.weight` and `pointwise.weight`; then `norm.*` or `….bias`.
 */
class ConvolutionModule extends LayerModule {
  readonly #convolutions: readonly Conv2d[];
  readonly #norm: BatchNorm2d | null;

  constructor(channels: number, layer: Convolving, options: LayerOptions) {
    super();
    const { filterHeight, filterWidth, strideHeight, strideWidth, filterCount, batchNorm } = layer;
    const { generator, batchNormEpsilon, ...placement } = options;
    const last = { generator, ...placement, bias: !batchNorm };
    const window = {
      ...last,
      stride: [strideHeight, strideWidth],
      padding: 'same',
    } as const;
    const kernel = [filterHeight, filterWidth] as const;
    this.#convolutions =
      layer.kind === 'convolution'
        ? [this.child('convolution', new Conv2d(channels, filterCount, kernel, window))]
        : [
            this.child(
              'depthwise',
              new Conv2d(channels, channels, kernel, { ...window, groups: channels, bias: false }),
            ),
            this.child('pointwise', new Conv2d(channels, filterCount, 1, last)),
          ];
    for (const { weight, bias } of this.#convolutions) {
      heNormal_(weight, { generator });
      if (bias !== null) constant_(bias, 0);
    }
    const norm = { ...placement, epsilon: batchNormEpsilon, relu: true };
    this.#norm = batchNorm ? this.child('norm', new BatchNorm2d(filterCount, norm)) : null;
  }

  override forward(input: Tensor): Tensor {
    let current = input;
    for (const convolution of this.#convolutions) {
      const next = convolution.forward(current);
      if (current !== input) current.dispose(); // autograd holds what it needs, and lets go of it as it goes back
      current = next;
    }
    const activated = this.#norm === null ? current.relu() : this.#norm.forward(current);
    current.dispose();
    return activated;
  }
}

class PoolingModule extends LayerModule {
  readonly #pool: MaxPool2d | AvgPool2d;

  constructor(layer: Extract<PlannedLayer['layer'], { readonly kind: 'max-pooling' | 'average-pooling' }>) {
    super();
    const stride = [layer.strideHeight, layer.strideWidth] as const;
    const Pool = layer.kind === 'max-pooling' ? MaxPool2d : AvgPool2d;
    this.#pool = new Pool([layer.windowHeight, layer.windowWidth], { stride, padding: 'same' });
  }

  override forward(input: Tensor): Tensor {
    return this.#pool.forward(input);
  }
}

class Identity extends LayerModule {
  override forward(input: Tensor): Tensor {
    return input;
  }
}
