import { TorchError } from './errors.ts';

/** Element types. `bfloat16` has no JavaScript array: it goes in and out as float32, or as its raw 16 bits. */
export type DType = 'float32' | 'float64' | 'bfloat16' | 'int64' | 'int32' | 'uint8' | 'bool';

/** What tensors are made from and copied out to. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array;

interface DTypeFacts {
  /** libtorch's ScalarType. */
  readonly code: number;
  readonly bytes: number;
  readonly floating: boolean;
}

const facts: Readonly<Record<DType, DTypeFacts>> = {
  uint8: { code: 0, bytes: 1, floating: false },
  int32: { code: 3, bytes: 4, floating: false },
  int64: { code: 4, bytes: 8, floating: false },
  float32: { code: 6, bytes: 4, floating: true },
  float64: { code: 7, bytes: 8, floating: true },
  bool: { code: 11, bytes: 1, floating: false },
  bfloat16: { code: 15, bytes: 2, floating: true },
};

/** Every dtype that this package reads and writes. */
export const dtypes = Object.keys(facts) as readonly DType[];

const byCode = new Map(dtypes.map((dtype) => [facts[dtype].code, dtype]));

export function isDType(name: string): name is DType {
  return Object.hasOwn(facts, name);
}

/** Bytes of one element. */
export function elementBytes(dtype: DType): number {
  return factsOf(dtype).bytes;
}

/** Whether tensors of this dtype can have gradients. */
export function isFloating(dtype: DType): boolean {
  return factsOf(dtype).floating;
}

/** @throws TorchError BAD_DTYPE */
export function dtypeCode(dtype: DType): number {
  return factsOf(dtype).code;
}

/** @throws TorchError BAD_DTYPE for libtorch's further types (complex, quantised, float16 …) */
export function dtypeOfCode(code: number): DType {
  const dtype = byCode.get(code);
  if (dtype === undefined) {
    throw new TorchError(
      'BAD_DTYPE',
      `the tensor has a dtype (libtorch's number ${code}) that has no name here; use to() with one of ${dtypes.join(', ')}`,
    );
  }
  return dtype;
}

/** The dtype whose elements a typed array holds; bfloat16 is its raw bits in a Uint16Array. */
export function dtypeOfArray(array: TypedArray): DType {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof BigInt64Array) return 'int64';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return 'uint8';
  if (array instanceof Uint16Array) return 'bfloat16';
  throw new TorchError('BAD_DTYPE', `expected a typed array of a dtype among ${dtypes.join(', ')}`);
}

function factsOf(dtype: DType): DTypeFacts {
  if (isDType(dtype)) return facts[dtype];
  throw new TorchError('BAD_DTYPE', `unknown dtype '${String(dtype)}'; the dtypes are ${dtypes.join(', ')}`);
}
