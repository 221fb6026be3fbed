import { TorchError } from '../errors.ts';
import { noGrad } from '../scope.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Copies a saved optimiser state into the optimiser's own tensors. Names and shapes must match exactly:
 * part of a state is a different optimiser.
 * @throws TorchError `STATE_DICT_MISMATCH` that lists every difference; nothing is copied then
 */
export function loadState(
  optimiser: string,
  own: ReadonlyMap<string, Tensor>,
  saved: ReadonlyMap<string, Tensor>,
): void {
  const missing = [...own.keys()].filter((name) => !saved.has(name));
  const unexpected = [...saved.keys()].filter((name) => !own.has(name));
  const misshapen = [...own].flatMap(([name, tensor]) => {
    const given = saved.get(name);
    return given === undefined || `${given.shape}` === `${tensor.shape}`
      ? []
      : [`${name} is [${given.shape.join(', ')}], expected [${tensor.shape.join(', ')}]`];
  });
  const found = [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(unexpected.length > 0 ? [`unexpected: ${unexpected.join(', ')}`] : []),
    ...(misshapen.length > 0 ? [`wrong shape: ${misshapen.join('; ')}`] : []),
  ];
  if (found.length > 0) {
    throw new TorchError(
      'STATE_DICT_MISMATCH',
      `${optimiser}: the saved state belongs to other parameters or options. ${found.join('. ')}. ` +
        'Nothing was loaded. Build the optimiser with the parameters and options it was saved with.',
    );
  }
  noGrad(() => {
    for (const [name, tensor] of own) {
      const given = saved.get(name);
      if (given !== undefined && given !== tensor) tensor.copyFrom_(given);
    }
  });
}
