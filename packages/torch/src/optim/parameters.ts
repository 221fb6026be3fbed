import { zerosLike } from '../creation.ts';
import { TorchError } from '../errors.ts';
import type { Handle } from '../native.ts';
import { scope } from '../scope.ts';
import { keep, type Tensor } from '../tensor.ts';

/*
 * What every optimiser checks. An option that cannot be meant is refused here once, not noticed as NaN an
 * hour later.
 */

/** @throws TorchError unless there are parameters and each requires a gradient */
export function requireParameters(optimiser: string, parameters: readonly Tensor[]): readonly Tensor[] {
  if (parameters.length === 0) {
    throw new TorchError(
      'BAD_ARGUMENT',
      `${optimiser}: there are no parameters to train. Pass module.parameters().`,
    );
  }
  for (const [index, parameter] of parameters.entries()) {
    if (parameter.requiresGrad) continue;
    throw new TorchError(
      'BAD_ARGUMENT',
      `${optimiser}: parameter ${index} (${parameter.dtype} [${parameter.shape.join(', ')}]) does not require a gradient. ` +
        'Leave it out, or call setRequiresGrad(true) first.',
    );
  }
  return [...new Set(parameters)];
}

/** State of an optimiser: zeros of each parameter's shape and dtype, on its device. Where they do not all fit, none stays. */
export function zerosFor(parameters: readonly Tensor[]): readonly Tensor[] {
  return scope(() => parameters.map((parameter) => zerosLike(parameter)).map((zeros) => keep(zeros)));
}

/** @throws TorchError unless the option is a finite number in [least, below) */
export function requireNumber(optimiser: string, option: string, value: number, below = Infinity): number {
  if (value >= 0 && value < below) return value;
  const expected = below === Infinity ? 'give a number of at least 0' : `give a number in [0, ${below})`;
  throw new TorchError('BAD_ARGUMENT', `${optimiser}: ${option} is ${value}; ${expected}.`);
}

/** What the addon knows the tensors by. */
export function handles(tensors: readonly Tensor[]): Handle[] {
  return tensors.map((tensor) => tensor.handle);
}
