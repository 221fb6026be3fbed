import { native } from '../native.ts';
import { aten } from '../operator.ts';
import { type Numeric, Tensor } from '../tensor.ts';

const op = { cat: aten('cat'), stack: aten('stack') };

/** Joins along an existing dimension. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return new Tensor(
    op.cat.tensor(
      tensors.map((part) => part.handle),
      dim,
    ),
  );
}

/** Pixels of zeros on each side of an image. */
export interface PixelPadding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * Pads images with zeros and joins them along depth: `cat(parts.map(pad), 1)`, but each number written once, forward
 * and back, where all are pixel-major tensors on the CPU. Parts of float32 beside bfloat16 become bfloat16. Its
 * gradient cannot be differentiated again there.
 * @param parts [batch, channels of its own, h, w], of equal batch and padded height and width
 * @returns [batch, sum of channels, h, w]
 * @throws TorchError where the sizes do not fit
 */
export function paddedCat(
  parts: readonly { readonly values: Tensor; readonly padding: PixelPadding }[],
): Tensor {
  return new Tensor(
    native().paddedCat(
      parts.map(({ values }) => values.handle),
      parts.flatMap(({ padding: { left, right, top, bottom } }) => [left, right, top, bottom]),
    ),
  );
}

/** Joins along a new dimension. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return new Tensor(
    op.stack.tensor(
      tensors.map((part) => part.handle),
      dim,
    ),
  );
}

/** `yes` where the bool condition holds, else `no`. */
export function where(condition: Tensor, yes: Tensor, no: Numeric): Tensor {
  return condition.where(yes, no);
}
