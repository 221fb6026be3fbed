import { TorchError } from '../errors.ts';
import type { Generator } from '../generator.ts';
import { noGrad } from '../scope.ts';
import type { Tensor } from '../tensor.ts';

/*
 * Initialisers: each fills a tensor in place, without recording a gradient, and returns it. Without a
 * generator they draw from the engine's global one (`manualSeed`).
 *
 * Defaults of the layers of this package are PyTorch's: Conv2d and Linear draw weight and bias from
 * U(−1/√fanIn, 1/√fanIn); LSTMCell from U(−1/√hidden, 1/√hidden); Embedding from N(0, 1); batch norm starts
 * at weight 1, bias 0.
 */

/** Uniform in [low, high). */
export function uniform_(tensor: Tensor, low: number, high: number, generator?: Generator): Tensor {
  return noGrad(() => tensor.uniform_(low, high, generator));
}

/** Normal with the given mean and standard deviation. */
export function normal_(tensor: Tensor, mean: number, deviation: number, generator?: Generator): Tensor {
  return noGrad(() => tensor.normal_(mean, deviation, generator));
}

/** Every element the same. */
export function constant_(tensor: Tensor, value: number): Tensor {
  return noGrad(() => tensor.fill_(value));
}

export interface HeOptions {
  /** `fanIn` keeps the variance of activations, `fanOut` that of gradients. Default `fanIn`. */
  readonly mode?: 'fanIn' | 'fanOut';
  /** Default √2, the gain of ReLU. */
  readonly gain?: number;
  readonly generator?: Generator;
}

/**
 * He (Kaiming) normal: N(0, gain/√fan) (He et al. 2015, eq. 10).
 * @param tensor a weight of at least two axes, [out, in, …kernel]
 */
export function heNormal_(tensor: Tensor, options: HeOptions = {}): Tensor {
  const { mode = 'fanIn', gain = Math.SQRT2, generator } = options;
  return normal_(tensor, 0, gain / Math.sqrt(fans(tensor.shape, 'heNormal_')[mode]), generator);
}

/** He (Kaiming) uniform: U(−b, b) with b = gain·√(3/fan). */
export function heUniform_(tensor: Tensor, options: HeOptions = {}): Tensor {
  const { mode = 'fanIn', gain = Math.SQRT2, generator } = options;
  const bound = gain * Math.sqrt(3 / fans(tensor.shape, 'heUniform_')[mode]);
  return uniform_(tensor, -bound, bound, generator);
}

/** Xavier (Glorot) uniform: U(−b, b) with b = gain·√(6/(fanIn + fanOut)) (Glorot & Bengio 2010, eq. 16). */
export function xavierUniform_(
  tensor: Tensor,
  options: { readonly gain?: number; readonly generator?: Generator } = {},
): Tensor {
  const { fanIn, fanOut } = fans(tensor.shape, 'xavierUniform_');
  const bound = (options.gain ?? 1) * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(tensor, -bound, bound, options.generator);
}

/** How many inputs feed one output of a weight [out, in, …kernel], and how many outputs one input feeds. */
export function fans(shape: readonly number[], caller = 'fans'): { fanIn: number; fanOut: number } {
  const [out, into, ...kernel] = shape;
  if (out === undefined || into === undefined) {
    throw new TorchError(
      'BAD_ARGUMENT',
      `${caller}: a tensor of shape [${shape.join(', ')}] has no fan; give a weight of at least two axes, [out, in, …kernel].`,
    );
  }
  const area = kernel.reduce((product, length) => product * length, 1);
  return { fanIn: into * area, fanOut: out * area };
}
