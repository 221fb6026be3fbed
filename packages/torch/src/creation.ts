import { type DType, dtypeCode, dtypeOfArray, elementBytes, isFloating, type TypedArray } from './dtype.ts';
import { TorchError } from './errors.ts';
import type { Generator } from './generator.ts';
import { native } from './native.ts';
import { aten } from './operator.ts';
import { type Device, Tensor } from './tensor.ts';

export interface TensorOptions {
  /** Default float32. */
  readonly dtype?: DType;
  /** Default `'cpu'`. */
  readonly device?: Device;
  readonly requiresGrad?: boolean;
}

export interface RandomOptions extends TensorOptions {
  /** Default: libtorch's global generator (`manualSeed`). */
  readonly generator?: Generator;
}

/** Numbers, or arrays of them of equal lengths at each depth. */
export type Nested = number | readonly Nested[];

const op = {
  empty: aten('empty', 'memory_format'),
  zeros: aten('zeros'),
  ones: aten('ones'),
  full: aten('full'),
  zerosLike: aten('zeros_like'),
  onesLike: aten('ones_like'),
  arange: aten('arange', 'start_step'),
  eye: aten('eye'),
  randn: aten('randn', 'generator'),
  rand: aten('rand', 'generator'),
  randint: aten('randint', 'low_generator'),
  randperm: aten('randperm', 'generator'),
  multinomial: aten('multinomial'),
};

/**
 * A tensor with the values of an array, copied once.
 *
 * Numbers become float32 unless `dtype` says otherwise; typed arrays keep their dtype unless it does. Nested
 * arrays give the shape. A Uint16Array is the raw bits of bfloat16.
 * @throws TorchError SHAPE_MISMATCH when the shape does not have as many elements as the data;
 *   BAD_DTYPE when a fraction should become an integer
 */
export function tensor(
  data: readonly Nested[] | TypedArray | number,
  options: TensorOptions & { readonly shape?: readonly number[] } = {},
): Tensor {
  const view = ArrayBuffer.isView(data) ? data : undefined;
  const { values, shape } =
    view === undefined ? flatten(data as Nested) : { values: [], shape: [view.length] };
  const array = view ?? arrayOf(values, options.dtype ?? 'float32');
  const source = dtypeOfArray(array);
  const handle = native().fromArray(
    array,
    dtypeCode(source),
    dtypeCode(options.dtype ?? (view === undefined ? 'float32' : source)),
    options.shape ?? shape,
    options.device ?? 'cpu',
  );
  return finished(new Tensor(handle), options);
}

/** A tensor from raw little-endian bytes in row-major order, copied once: the inverse of `Tensor.toBytes`. */
export function fromBytes(
  bytes: Uint8Array,
  options: { dtype: DType; shape: readonly number[]; device?: Device },
): Tensor {
  const code = dtypeCode(options.dtype);
  // libtorch reads whole elements: the bytes must begin where one may.
  const aligned = bytes.byteOffset % elementBytes(options.dtype) === 0 ? bytes : bytes.slice();
  return new Tensor(native().fromArray(aligned, code, code, options.shape, options.device ?? 'cpu'));
}

/**
 * A CPU tensor that shares the array's memory: no copy, and writes on either side show on the other. The array
 * is kept alive as long as the tensor or a view of it. Its buffer must not be transferred to another thread
 * meanwhile.
 */
export function fromBuffer(array: TypedArray, shape: readonly number[] = [array.length]): Tensor {
  const buffer = array.buffer as ArrayBufferLike & {
    readonly resizable?: boolean;
    readonly growable?: boolean;
  };
  if (buffer.resizable === true || buffer.growable === true) {
    throw new TorchError(
      'BAD_ARGUMENT',
      'a resizable buffer cannot be shared: its memory could go away; use tensor() to copy',
    );
  }
  return new Tensor(native().shareArray(array, dtypeCode(dtypeOfArray(array)), shape));
}

/** Uninitialised memory. */
export function empty(
  shape: readonly number[],
  options: TensorOptions & { channelsLast?: boolean } = {},
): Tensor {
  const format = options.channelsLast ? 'channels_last' : 'contiguous';
  return finished(new Tensor(op.empty.tensor(shape, ...placement(options), format)), options);
}
export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return finished(new Tensor(op.zeros.tensor(shape, ...placement(options))), options);
}
export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return finished(new Tensor(op.ones.tensor(shape, ...placement(options))), options);
}
export function full(shape: readonly number[], value: number, options: TensorOptions = {}): Tensor {
  return finished(new Tensor(op.full.tensor(shape, value, ...placement(options))), options);
}
/** Zeros with the shape, dtype, device and memory order of another tensor. */
export function zerosLike(other: Tensor): Tensor {
  return new Tensor(op.zerosLike.tensor(other.handle));
}
export function onesLike(other: Tensor): Tensor {
  return new Tensor(op.onesLike.tensor(other.handle));
}
/** start, start + step, … below end. Default dtype int64 for whole numbers, else float32. */
export function arange(
  start: number,
  end: number,
  options: TensorOptions & { readonly step?: number } = {},
): Tensor {
  const step = options.step ?? 1;
  const whole = Number.isInteger(start) && Number.isInteger(step);
  const dtype = options.dtype ?? (whole ? 'int64' : 'float32');
  return finished(
    new Tensor(op.arange.tensor(start, end, step, ...placement({ ...options, dtype }))),
    options,
  );
}
export function eye(size: number, options: TensorOptions = {}): Tensor {
  return finished(new Tensor(op.eye.tensor(size, ...placement(options))), options);
}

/** Standard normal. */
export function randn(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return finished(new Tensor(op.randn.tensor(shape, source(options), ...placement(options))), options);
}
/** Uniform in [0, 1). */
export function rand(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return finished(new Tensor(op.rand.tensor(shape, source(options), ...placement(options))), options);
}
/** Integers in [low, high), int64 by default. */
export function randint(
  low: number,
  high: number,
  shape: readonly number[],
  options: RandomOptions = {},
): Tensor {
  const placed = placement({ dtype: 'int64', ...options });
  return finished(new Tensor(op.randint.tensor(low, high, shape, source(options), ...placed)), options);
}
/** A random order of 0 … length−1, int64. */
export function randperm(length: number, options: RandomOptions = {}): Tensor {
  return new Tensor(
    op.randperm.tensor(length, source(options), ...placement({ dtype: 'int64', ...options })),
  );
}
/** Indices (int64) drawn with the probabilities, or weights, in the last dimension. */
export function multinomial(
  weights: Tensor,
  draws: number,
  options: { readonly replacement?: boolean; readonly generator?: Generator } = {},
): Tensor {
  return new Tensor(
    op.multinomial.tensor(weights.handle, draws, options.replacement ?? false, source(options)),
  );
}

const strided = 0; // libtorch's Layout

function placement(options: TensorOptions): [number, number, Device, boolean] {
  return [dtypeCode(options.dtype ?? 'float32'), strided, options.device ?? 'cpu', false];
}

const source = (options: { readonly generator?: Generator }): number | null =>
  options.generator?.handle ?? null;

function finished(made: Tensor, options: TensorOptions): Tensor {
  return options.requiresGrad === true ? made.setRequiresGrad(true) : made;
}

function flatten(data: Nested): { values: number[]; shape: number[] } {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  const values: number[] = [];
  const walk = (part: Nested, depth: number): void => {
    if (typeof part === 'number' || typeof part === 'boolean') {
      if (depth !== shape.length) ragged(shape, depth);
      values.push(Number(part));
      return;
    }
    if (!Array.isArray(part)) {
      throw new TorchError(
        'BAD_ARGUMENT',
        `expected numbers, found ${typeof part === 'object' ? String(part) : typeof part}`,
      );
    }
    if (part.length !== shape[depth]) ragged(shape, depth);
    for (const inner of part) walk(inner, depth + 1);
  };
  walk(data, 0);
  return { values, shape };
}

function ragged(shape: readonly number[], depth: number): never {
  throw new TorchError(
    'SHAPE_MISMATCH',
    `the nested array is ragged: at depth ${depth} not every part has the shape of the first, [${shape.slice(depth).join(', ')}]`,
  );
}

function arrayOf(values: readonly number[], dtype: DType): TypedArray {
  if (dtype === 'bool') return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
  if (isFloating(dtype)) return dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
  const fraction = values.find((value) => !Number.isInteger(value));
  if (fraction !== undefined) {
    throw new TorchError('BAD_DTYPE', `${fraction} is no ${dtype}; round it, or choose a floating dtype`);
  }
  return Float64Array.from(values); // exact to ±2^53
}
