import { type DType, dtypeCode } from './dtype.ts';
import { TorchError } from './errors.ts';
import { native } from './native.ts';
import { refusePromise, type Synchronous } from './scope.ts';
import type { Device } from './tensor.ts';

export interface AutocastOptions {
  readonly dtype: 'bfloat16';
  /** Default `'cpu'`. */
  readonly device?: Device;
}

/**
 * Runs `fn` with convolutions and matrix products in low precision and the rest as it is; weights stay float32.
 * The forward pass and the loss belong inside, `backward` and the optimiser's step outside.
 *
 * Low-precision copies of the weights are made once and dropped when the outermost region ends. It pays on CPUs
 * with AVX512_BF16 or AMX (`engineInfo().fastBfloat16`) and on GPUs.
 */
export function autocast<T>(options: AutocastOptions, fn: () => T, ..._synchronous: Synchronous<T>): T {
  const device = options.device ?? 'cpu';
  const dtype: DType = options.dtype;
  if (dtype !== 'bfloat16') {
    throw new TorchError('BAD_DTYPE', `autocast runs in bfloat16, found '${String(dtype)}'`);
  }
  const earlier = native().enterAutocast(device, dtypeCode(dtype));
  try {
    const result = fn();
    refusePromise(result, 'autocast');
    return result;
  } finally {
    native().leaveAutocast(device, earlier);
  }
}
