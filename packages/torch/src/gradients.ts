import { zerosLike } from './creation.ts';
import { TorchError } from './errors.ts';
import { native } from './native.ts';
import { Tensor } from './tensor.ts';

export interface GradientOptions {
  /** Keep the graph for another pass. Default: as `createGraph`. */
  readonly retainGraph?: boolean;
  /** Make the gradients differentiable themselves. */
  readonly createGraph?: boolean;
  /** d(loss)/d(output), of the output's shape; may be left out for a scalar. */
  readonly gradOutput?: Tensor;
  /** An input that the output does not depend on has gradient zero instead of being an error. */
  readonly allowUnused?: boolean;
}

/**
 * d(output)/d(input) of chosen tensors, without touching anybody's `grad`.
 * @returns one gradient for each input, of its shape
 * @throws TorchError OPERATOR_FAILED when an input was not used and `allowUnused` is off
 */
export function gradients(
  output: Tensor,
  inputs: readonly Tensor[],
  options: GradientOptions = {},
): Tensor[] {
  if (inputs.length === 0) throw new TorchError('BAD_ARGUMENT', 'gradients() needs at least one input');
  const createGraph = options.createGraph ?? false;
  const handles = native().gradients(
    [output.handle],
    inputs.map((input) => input.handle),
    options.gradOutput === undefined ? null : [options.gradOutput.handle],
    options.retainGraph ?? createGraph,
    createGraph,
    options.allowUnused ?? false,
  );
  return handles.map((handle, i) => {
    // libtorch gives nothing for an unused input.
    return handle === null ? zerosLike(inputs[i] as Tensor) : new Tensor(handle);
  });
}
