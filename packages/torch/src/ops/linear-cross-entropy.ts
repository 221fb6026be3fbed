import { native } from '../native.ts';
import { Tensor } from '../tensor.ts';
import { type Reduction, reductions } from './losses.ts';

/**
 * `crossEntropy(linear(hidden, weight, bias), targets)` with one buffer of logits, which become their own gradient:
 * for layers of many classes. The gradients are computed with the loss, and `backward` scales them; without gradients
 * the logits of a part of the rows at a time are in memory. Where something else than float32 on the CPU goes in, or
 * the losses of single rows (`reduction: 'none'`) are to be differentiated, the two operators apart.
 *
 * Under autocast the products run in bfloat16, the rest in float32. Its gradient cannot be differentiated again.
 * @param hidden [rows, inputs]
 * @param weight [classes, inputs]
 * @param bias [classes], or null
 * @param targets int64 [rows], each in 0 … classes−1
 * @returns float32: a scalar, or [rows] with `reduction: 'none'`
 * @throws TorchError BAD_ARGUMENT for shapes that do not fit and for a target that is no class
 */
export function linearCrossEntropy(
  hidden: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  targets: Tensor,
  options: { readonly reduction?: Reduction } = {},
): Tensor {
  return new Tensor(
    native().linearCrossEntropy(
      hidden.handle,
      weight.handle,
      bias?.handle ?? null,
      targets.handle,
      reductions[options.reduction ?? 'mean'],
    ),
  );
}
