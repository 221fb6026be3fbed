import type { DType } from '../dtype.ts';
import type { Generator } from '../generator.ts';
import type { Device } from '../tensor.ts';

/** Where and how a layer makes its parameters. */
export interface ParameterOptions {
  /** Default float32. */
  readonly dtype?: DType;
  /** Default cpu. */
  readonly device?: Device;
  /** Draws the initial values; default: the engine's global generator (`manualSeed`). */
  readonly generator?: Generator;
}

/** The same options as tensor factories take them (`exactOptionalPropertyTypes`: absent, not undefined). */
export function placement(options: ParameterOptions): { dtype?: DType; device?: Device } {
  return {
    ...(options.dtype === undefined ? {} : { dtype: options.dtype }),
    ...(options.device === undefined ? {} : { device: options.device }),
  };
}
