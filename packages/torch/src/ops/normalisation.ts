import { native } from '../native.ts';
import { aten } from '../operator.ts';
import { Tensor } from '../tensor.ts';

const op = { batchNorm: aten('batch_norm'), layerNorm: aten('layer_norm') };

export interface BatchNormOptions {
  /** Scale, [channels]; default 1. */
  readonly weight?: Tensor | null;
  /** Shift, [channels]; default 0. */
  readonly bias?: Tensor | null;
  /** [channels]; changed in place when `training`, read when not. */
  readonly runningMean?: Tensor | null;
  /** [channels], of the unbiased variance. */
  readonly runningVar?: Tensor | null;
  /** Normalise by the batch's own statistics (true) or the running ones (false, the default). */
  readonly training?: boolean;
  /** Weight of the new batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Batch normalisation over all dimensions but the second (Ioffe & Szegedy 2015).
 * @param input [batch, channels, …]
 */
export function batchNorm(input: Tensor, options: BatchNormOptions = {}): Tensor {
  return new Tensor(
    op.batchNorm.tensor(
      input.handle,
      options.weight?.handle ?? null,
      options.bias?.handle ?? null,
      options.runningMean?.handle ?? null,
      options.runningVar?.handle ?? null,
      options.training ?? false,
      options.momentum ?? 0.1,
      options.epsilon ?? 1e-5,
      true, // use cuDNN where there is one
    ),
  );
}

/** What {@link batchNormRelu} needs: everything that may be left out of batch norm alone. */
export interface BatchNormReluOptions extends BatchNormOptions {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
}

/**
 * `relu(batchNorm(input))` with a third of the memory traffic: in one pass forward and two back, where the input
 * is a float32 or bfloat16 tensor in channels-last memory on the CPU and the rest is float32; elsewhere the two
 * operators. Its gradient cannot be differentiated again.
 * @param input [batch, channels, …]
 */
export function batchNormRelu(input: Tensor, options: BatchNormReluOptions): Tensor {
  return new Tensor(
    native().batchNormRelu(
      input.handle,
      options.weight.handle,
      options.bias.handle,
      options.runningMean.handle,
      options.runningVar.handle,
      options.training ?? false,
      options.momentum ?? 0.1,
      options.epsilon ?? 1e-5,
    ),
  );
}

/** Normalises over the last dimensions, whose sizes are given. */
export function layerNorm(
  input: Tensor,
  normalizedShape: readonly number[],
  options: { readonly weight?: Tensor | null; readonly bias?: Tensor | null; readonly epsilon?: number } = {},
): Tensor {
  const { weight, bias, epsilon = 1e-5 } = options;
  return new Tensor(
    op.layerNorm.tensor(input.handle, normalizedShape, weight?.handle ?? null, bias?.handle ?? null, epsilon),
  );
}
