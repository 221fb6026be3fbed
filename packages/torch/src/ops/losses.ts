import { aten } from '../operator.ts';
import { Tensor } from '../tensor.ts';

const op = {
  crossEntropy: aten('cross_entropy_loss'),
  nllLoss: aten('nll_loss_nd'),
  mseLoss: aten('mse_loss'),
  binaryCrossEntropy: aten('binary_cross_entropy_with_logits'),
};

/** What becomes of the losses of a batch's elements. */
export type Reduction = 'none' | 'mean' | 'sum';
/** Their numbers in libtorch. */
export const reductions: Readonly<Record<Reduction, number>> = { none: 0, mean: 1, sum: 2 };

export interface ClassLossOptions {
  /** Default `'mean'`. */
  readonly reduction?: Reduction;
  /** Weight of each class, [classes]. */
  readonly weight?: Tensor;
  /** Targets with this value do not count. Default −100. */
  readonly ignoreIndex?: number;
}

/**
 * −log softmax(logits)[target], natural logarithm.
 * @param logits [batch, classes, …]
 * @param target int64 [batch, …], each in 0 … classes−1
 * @param options.labelSmoothing share of the target's probability spread over all classes, default 0
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  options: ClassLossOptions & { readonly labelSmoothing?: number } = {},
): Tensor {
  const { reduction = 'mean', weight, ignoreIndex = -100, labelSmoothing = 0 } = options;
  return new Tensor(
    op.crossEntropy.tensor(
      logits.handle,
      target.handle,
      weight?.handle ?? null,
      reductions[reduction],
      ignoreIndex,
      labelSmoothing,
    ),
  );
}

/** As crossEntropy, of log-probabilities. */
export function nllLoss(logProbabilities: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  const { reduction = 'mean', weight, ignoreIndex = -100 } = options;
  return new Tensor(
    op.nllLoss.tensor(
      logProbabilities.handle,
      target.handle,
      weight?.handle ?? null,
      reductions[reduction],
      ignoreIndex,
    ),
  );
}

/** Squared difference. */
export function mseLoss(prediction: Tensor, target: Tensor, reduction: Reduction = 'mean'): Tensor {
  return new Tensor(op.mseLoss.tensor(prediction.handle, target.handle, reductions[reduction]));
}

/** −[t·log σ(x) + (1 − t)·log(1 − σ(x))], computed without overflow. */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  reduction: Reduction = 'mean',
): Tensor {
  return new Tensor(
    op.binaryCrossEntropy.tensor(logits.handle, target.handle, null, null, reductions[reduction]),
  );
}
