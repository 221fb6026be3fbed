/**
 * Why an engine call failed.
 *
 * - `TORCH_NOT_FOUND` the addon or libtorch is missing or does not load
 * - `ENGINE_IN_USE` another thread of this process owns the engine
 * - `OPERATOR_FAILED` libtorch refused: shapes, dtypes or values do not fit
 * - `SHAPE_MISMATCH`, `BAD_DTYPE`, `BAD_ARGUMENT` refused before libtorch was asked
 * - `TENSOR_DISPOSED` the tensor was freed by its scope or by `dispose()`
 * - `ASYNC_SCOPE` a scope's callback returned a promise
 * - `OUT_OF_MEMORY` an allocation failed
 * - `DEVICE_FAILED` a GPU has failed; this process can do nothing on it any more, another one may
 * - `NO_SUCH_OPERATOR`, `OPERATOR_REFUSED`, `UNSUPPORTED_TYPE` from the escape hatch
 * - `FILE_FORMAT` a file or buffer is not what it should be (safetensors)
 * - `FILE_ACCESS` a file cannot be read or written
 * - `STATE_DICT_MISMATCH` a state dict does not fit its module or optimiser
 */
export type TorchErrorCode =
  | 'TORCH_NOT_FOUND'
  | 'ENGINE_IN_USE'
  | 'OPERATOR_FAILED'
  | 'SHAPE_MISMATCH'
  | 'BAD_DTYPE'
  | 'BAD_ARGUMENT'
  | 'TENSOR_DISPOSED'
  | 'ASYNC_SCOPE'
  | 'OUT_OF_MEMORY'
  | 'DEVICE_FAILED'
  | 'NO_SUCH_OPERATOR'
  | 'OPERATOR_REFUSED'
  | 'UNSUPPORTED_TYPE'
  | 'FILE_FORMAT'
  | 'FILE_ACCESS'
  | 'STATE_DICT_MISMATCH';

export interface TorchErrorDetails {
  /** The operator that failed, for example `aten::mm`. */
  readonly operator?: string;
  /** Its arguments as `name: dtype[shape]` or `name: value`. */
  readonly arguments?: readonly string[];
  readonly cause?: unknown;
}

/** Every error of this package. C++ exceptions arrive as this, without their backtrace. */
export class TorchError extends Error {
  readonly code: TorchErrorCode;
  readonly operator: string | undefined;
  /** The arguments that the operator was called with, for example `['self: float32[2, 3]']`. */
  readonly arguments: readonly string[];

  constructor(code: TorchErrorCode, message: string, details: TorchErrorDetails = {}) {
    const called =
      details.operator === undefined ? '' : `${details.operator}(${(details.arguments ?? []).join(', ')}): `;
    super(called + message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.operator = details.operator;
    this.arguments = details.arguments ?? [];
  }
}

/** libtorch, or the addon built against it, is missing or does not load; the message names the mending command. */
export class TorchNotFoundError extends TorchError {
  constructor(message: string, cause?: unknown) {
    super('TORCH_NOT_FOUND', message, { cause });
  }
}
