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
 * @throws TorchError BAD_ARGUMENT when the output does not depend on an input and `allowUnused` is off
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
    true, // an unused input is told here, by its place
  );
  const found = handles.map((handle) => (handle === null ? null : new Tensor(handle)));
  const unused = found.indexOf(null);
  if (unused >= 0 && options.allowUnused !== true) {
    for (const gradient of found) gradient?.dispose();
    throw new TorchError(
      'BAD_ARGUMENT',
      `the output does not depend on input ${unused} (${(inputs[unused] as Tensor).toString()}); leave it out, or pass { allowUnused: true } for a gradient of zero`,
    );
  }
  return found.map((gradient, i) => gradient ?? zerosLike(inputs[i] as Tensor));
}
