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
