import { type DType, dtypeCode, dtypeOfCode, elementBytes, isDType } from './dtype.ts';
import type { Generator } from './generator.ts';
import { type Handle, native } from './native.ts';
import { aten, type Operator } from './operator.ts';
import { adopt, release, watch } from './ownership.ts';

/** `'cpu'`, `'cuda'`, `'cuda:0'`, `'mps'`. */
export type Device = string;

export type Numeric = Tensor | number;

/** The typed array that holds a tensor's elements; bfloat16 becomes float32, bool 0 and 1. */
export type CopiedArray = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array;

const op = {
  add: aten('add', 'Tensor'),
  addScalar: aten('add', 'Scalar'),
  sub: aten('sub', 'Tensor'),
  subScalar: aten('sub', 'Scalar'),
  mul: aten('mul', 'Tensor'),
  mulScalar: aten('mul', 'Scalar'),
  div: aten('div', 'Tensor'),
  divScalar: aten('div', 'Scalar'),
  pow: aten('pow', 'Tensor_Tensor'),
  powScalar: aten('pow', 'Tensor_Scalar'),
  eq: aten('eq', 'Tensor'),
  eqScalar: aten('eq', 'Scalar'),
  ne: aten('ne', 'Tensor'),
  neScalar: aten('ne', 'Scalar'),
  lt: aten('lt', 'Tensor'),
  ltScalar: aten('lt', 'Scalar'),
  le: aten('le', 'Tensor'),
  leScalar: aten('le', 'Scalar'),
  gt: aten('gt', 'Tensor'),
  gtScalar: aten('gt', 'Scalar'),
  ge: aten('ge', 'Tensor'),
  geScalar: aten('ge', 'Scalar'),
  maximum: aten('maximum'),
  minimum: aten('minimum'),
  neg: aten('neg'),
  abs: aten('abs'),
  sign: aten('sign'),
  exp: aten('exp'),
  log: aten('log'),
  sqrt: aten('sqrt'),
  rsqrt: aten('rsqrt'),
  square: aten('square'),
  sin: aten('sin'),
  cos: aten('cos'),
  floor: aten('floor'),
  round: aten('round'),
  reciprocal: aten('reciprocal'),
  relu: aten('relu'),
  sigmoid: aten('sigmoid'),
  tanh: aten('tanh'),
  softplus: aten('softplus'),
  softmax: aten('softmax', 'int'),
  logSoftmax: aten('log_softmax', 'int'),
  logicalNot: aten('logical_not'),
  logicalAnd: aten('logical_and'),
  logicalOr: aten('logical_or'),
  isFinite: aten('isfinite'),
  isNaN: aten('isnan'),
  clamp: aten('clamp'),
  matmul: aten('matmul'),
  t: aten('t'),
  transpose: aten('transpose', 'int'),
  reshape: aten('reshape'),
  view: aten('view'),
  permute: aten('permute'),
  unsqueeze: aten('unsqueeze'),
  squeeze: aten('squeeze'),
  squeezeDim: aten('squeeze', 'dim'),
  flatten: aten('flatten', 'using_ints'),
  expand: aten('expand'),
  repeat: aten('repeat'),
  flip: aten('flip'),
  roll: aten('roll'),
  slice: aten('slice', 'Tensor'),
  select: aten('select', 'int'),
  narrow: aten('narrow'),
  indexSelect: aten('index_select'),
  gather: aten('gather'),
  scatter: aten('scatter', 'src'),
  indexAdd: aten('index_add'),
  maskedFill: aten('masked_fill', 'Scalar'),
  maskedSelect: aten('masked_select'),
  where: aten('where', 'self'),
  whereScalar: aten('where', 'ScalarOther'),
  chunk: aten('chunk'),
  split: aten('split', 'Tensor'),
  splitSizes: aten('split_with_sizes'),
  unbind: aten('unbind', 'int'),
  sum: aten('sum'),
  sumDims: aten('sum', 'dim_IntList'),
  mean: aten('mean'),
  meanDims: aten('mean', 'dim'),
  variance: aten('var'),
  varianceDims: aten('var', 'dim'),
  max: aten('max'),
  maxDim: aten('max', 'dim'),
  min: aten('min'),
  minDim: aten('min', 'dim'),
  argmax: aten('argmax'),
  argmin: aten('argmin'),
  any: aten('any'),
  all: aten('all'),
  norm: aten('norm', 'Scalar'),
  logsumexp: aten('logsumexp'),
  cumsum: aten('cumsum'),
  topk: aten('topk'),
  sort: aten('sort'),
  detach: aten('detach'),
  clone: aten('clone'),
  toDtype: aten('to', 'dtype'),
  toDevice: aten('to', 'device'),
  contiguous: aten('contiguous'),
  setData: aten('set_data'),
  copy_: aten('copy_'),
  add_: aten('add_', 'Tensor'),
  addScalar_: aten('add_', 'Scalar'),
  sub_: aten('sub_', 'Tensor'),
  subScalar_: aten('sub_', 'Scalar'),
  mul_: aten('mul_', 'Tensor'),
  mulScalar_: aten('mul_', 'Scalar'),
  div_: aten('div_', 'Tensor'),
  divScalar_: aten('div_', 'Scalar'),
  zero_: aten('zero_'),
  fill_: aten('fill_', 'Scalar'),
  relu_: aten('relu_'),
  clamp_: aten('clamp_'),
  uniform_: aten('uniform_'),
  normal_: aten('normal_'),
  bernoulli_: aten('bernoulli_', 'float'),
} as const;

const channelsLast = 2; // libtorch's MemoryFormat
const contiguous = 0;

const empty: unique symbol = Symbol('a value that has not been read');

/**
 * A multi-dimensional array in libtorch's memory.
 *
 * **Ownership.** A tensor made inside a `scope` belongs to it and dies at its end, unless it is returned or
 * `keep()`-ed. Outside every scope it belongs to whoever made it, who calls `dispose()`; the garbage collector
 * is the safety net. Using a disposed tensor throws `TENSOR_DISPOSED`.
 *
 * Methods return new tensors (views share memory where libtorch's operators do); those that end in an
 * underscore change this tensor and return it. Negative dimensions count from the end.
 * Every method throws `TorchError`, most often `OPERATOR_FAILED` with the operator, shapes and dtypes.
 */
export class Tensor {
  /** Its number in the addon's table. For this package and the escape hatch only. */
  readonly handle: Handle;
  #shape: readonly number[] | typeof empty = empty;
  #dtype: DType | typeof empty = empty;

  /** Use `tensor`, `zeros`, … : a handle comes from the addon. */
  constructor(handle: Handle) {
    this.handle = handle;
    adopt(this, handle);
  }

  /** Sizes by dimension; `[]` is a scalar. */
  get shape(): readonly number[] {
    if (this.#shape === empty) this.#shape = Object.freeze(native().shape(this.handle));
    return this.#shape;
  }
  get dtype(): DType {
    if (this.#dtype === empty) this.#dtype = dtypeOfCode(native().dtype(this.handle));
    return this.#dtype;
  }
  get device(): Device {
    return native().device(this.handle);
  }
  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }
  /** Steps in memory, in elements, by dimension. */
  get strides(): readonly number[] {
    return native().strides(this.handle);
  }
  isContiguous(options: { channelsLast?: boolean } = {}): boolean {
    return native().isContiguous(this.handle, options.channelsLast ?? false);
  }

  // ── ownership ──────────────────────────────────────────────────────────────────────────────────────────

  /** Frees it now. Disposing twice is allowed. */
  dispose(): void {
    release(this, this.handle);
  }
  get disposed(): boolean {
    return !native().alive(this.handle);
  }

  // ── autograd ───────────────────────────────────────────────────────────────────────────────────────────

  get requiresGrad(): boolean {
    return native().requiresGrad(this.handle);
  }
  /** @throws TorchError BAD_DTYPE for integer and bool tensors */
  setRequiresGrad(on: boolean): this {
    native().setRequiresGrad(this.handle, on);
    return this;
  }
  get isLeaf(): boolean {
    return native().isLeaf(this.handle);
  }
  /**
   * The gradient that `backward` has accumulated, or null: at each reading a tensor object of its own, owned
   * by the current scope, on the same memory.
   */
  get grad(): Tensor | null {
    const handle = native().grad(this.handle);
    return handle === null ? null : new Tensor(handle);
  }
  /** Sets or forgets (null) the gradient. */
  setGrad(gradient: Tensor | null): this {
    native().setGrad(this.handle, gradient === null ? null : gradient.handle);
    return this;
  }
  /**
   * Adds d(this)/d(leaf) to `grad` of every leaf that requires one.
   * @param gradient of the same shape; may be left out for a scalar
   */
  backward(gradient?: Tensor, options: { retainGraph?: boolean; createGraph?: boolean } = {}): void {
    const createGraph = options.createGraph ?? false;
    native().backward(this.handle, gradient?.handle ?? null, options.retainGraph ?? createGraph, createGraph);
  }
  /** The same memory without history. */
  detach(): Tensor {
    return one(op.detach, this);
  }

  // ── copies ─────────────────────────────────────────────────────────────────────────────────────────────

  clone(): Tensor {
    return one(op.clone, this);
  }
  /** Converted to a dtype or moved to a device; the same memory when nothing changes. */
  to(target: DType | Device): Tensor {
    if (isDType(target)) return new Tensor(op.toDtype.tensor(this.handle, dtypeCode(target)));
    return new Tensor(op.toDevice.tensor(this.handle, target, native().dtype(this.handle)));
  }
  /** In row-major order, or (4 dimensions) with channels last; the same memory when it is so already. */
  contiguous(options: { channelsLast?: boolean } = {}): Tensor {
    return new Tensor(op.contiguous.tensor(this.handle, options.channelsLast ? channelsLast : contiguous));
  }
  /**
   * Becomes the other tensor's memory, dtype and device while staying the same tensor to everybody who holds
   * it: how a module moves its parameters under its optimiser. The gradient is forgotten. Both share memory
   * from now on.
   */
  replaceWith_(other: Tensor): this {
    this.setGrad(null);
    op.setData.call(this.handle, other.handle);
    this.#shape = empty;
    this.#dtype = empty;
    return this;
  }
  /** The value of a tensor of one element. int64 beyond ±2^53 is rounded. */
  item(): number {
    return native().item(this.handle);
  }
  /** A copy in row-major order. */
  toArray(): CopiedArray {
    const { dtype, size } = this;
    switch (dtype) {
      case 'float32':
      case 'bfloat16':
        return this.#copyTo(new Float32Array(size), 'float32');
      case 'float64':
        return this.#copyTo(new Float64Array(size), 'float64');
      case 'int64':
        return this.#copyTo(new BigInt64Array(size), 'int64');
      case 'int32':
        return this.#copyTo(new Int32Array(size), 'int32');
      case 'uint8':
      case 'bool':
        return this.#copyTo(new Uint8Array(size), dtype);
    }
  }
  /** A copy in row-major order, converted to float32. */
  toFloat32(): Float32Array {
    return this.#copyTo(new Float32Array(this.size), 'float32');
  }
  /** A copy in row-major order as JavaScript numbers. int64 beyond ±2^53 is rounded. */
  toNumbers(): number[] {
    return Array.from(this.#copyTo(new Float64Array(this.size), 'float64'));
  }
  /** A copy of the raw little-endian bytes in row-major order, in this tensor's own dtype. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.size * elementBytes(this.dtype));
    return this.#copyTo(bytes, this.dtype);
  }
  #copyTo<A extends ArrayBufferView>(array: A, dtype: DType): A {
    native().copyOut(this.handle, array, dtypeCode(dtype));
    return array;
  }

  // ── arithmetic, elementwise with broadcasting ──────────────────────────────────────────────────────────

  add(other: Numeric): Tensor {
    return binary(op.add, op.addScalar, this, other);
  }
  sub(other: Numeric): Tensor {
    return binary(op.sub, op.subScalar, this, other);
  }
  mul(other: Numeric): Tensor {
    return binary(op.mul, op.mulScalar, this, other);
  }
  /** True division: integers give float32. */
  div(other: Numeric): Tensor {
    return binary(op.div, op.divScalar, this, other);
  }
  pow(exponent: Numeric): Tensor {
    return binary(op.pow, op.powScalar, this, exponent);
  }
  maximum(other: Tensor): Tensor {
    return new Tensor(op.maximum.tensor(this.handle, other.handle));
  }
  minimum(other: Tensor): Tensor {
    return new Tensor(op.minimum.tensor(this.handle, other.handle));
  }
  neg(): Tensor {
    return one(op.neg, this);
  }
  abs(): Tensor {
    return one(op.abs, this);
  }
  sign(): Tensor {
    return one(op.sign, this);
  }
  exp(): Tensor {
    return one(op.exp, this);
  }
  /** Natural logarithm. */
  log(): Tensor {
    return one(op.log, this);
  }
  sqrt(): Tensor {
    return one(op.sqrt, this);
  }
  rsqrt(): Tensor {
    return one(op.rsqrt, this);
  }
  square(): Tensor {
    return one(op.square, this);
  }
  reciprocal(): Tensor {
    return one(op.reciprocal, this);
  }
  sin(): Tensor {
    return one(op.sin, this);
  }
  cos(): Tensor {
    return one(op.cos, this);
  }
  floor(): Tensor {
    return one(op.floor, this);
  }
  /** Halves go to the even neighbour. */
  round(): Tensor {
    return one(op.round, this);
  }
  /** Limits to [min, max]; one of them may be left out. */
  clamp(limits: { min?: number; max?: number }): Tensor {
    return new Tensor(op.clamp.tensor(this.handle, limits.min ?? null, limits.max ?? null));
  }
  relu(): Tensor {
    return one(op.relu, this);
  }
  sigmoid(): Tensor {
    return one(op.sigmoid, this);
  }
  tanh(): Tensor {
    return one(op.tanh, this);
  }
  softplus(): Tensor {
    return one(op.softplus, this);
  }
  softmax(dim: number): Tensor {
    return new Tensor(op.softmax.tensor(this.handle, dim));
  }
  logSoftmax(dim: number): Tensor {
    return new Tensor(op.logSoftmax.tensor(this.handle, dim));
  }

  // ── comparison and logic: bool tensors ─────────────────────────────────────────────────────────────────

  eq(other: Numeric): Tensor {
    return binary(op.eq, op.eqScalar, this, other);
  }
  ne(other: Numeric): Tensor {
    return binary(op.ne, op.neScalar, this, other);
  }
  lt(other: Numeric): Tensor {
    return binary(op.lt, op.ltScalar, this, other);
  }
  le(other: Numeric): Tensor {
    return binary(op.le, op.leScalar, this, other);
  }
  gt(other: Numeric): Tensor {
    return binary(op.gt, op.gtScalar, this, other);
  }
  ge(other: Numeric): Tensor {
    return binary(op.ge, op.geScalar, this, other);
  }
  logicalNot(): Tensor {
    return one(op.logicalNot, this);
  }
  logicalAnd(other: Tensor): Tensor {
    return new Tensor(op.logicalAnd.tensor(this.handle, other.handle));
  }
  logicalOr(other: Tensor): Tensor {
    return new Tensor(op.logicalOr.tensor(this.handle, other.handle));
  }
  isFinite(): Tensor {
    return one(op.isFinite, this);
  }
  isNaN(): Tensor {
    return one(op.isNaN, this);
  }
  /** Where this bool tensor holds, `yes`, elsewhere `no`. */
  where(yes: Tensor, no: Numeric): Tensor {
    if (typeof no === 'number') return new Tensor(op.whereScalar.tensor(this.handle, yes.handle, no));
    return new Tensor(op.where.tensor(this.handle, yes.handle, no.handle));
  }
  /** `value` where the bool `mask` holds, else this. */
  maskedFill(mask: Tensor, value: number): Tensor {
    return new Tensor(op.maskedFill.tensor(this.handle, mask.handle, value));
  }
  /** One dimension: the elements where the bool `mask` holds. */
  maskedSelect(mask: Tensor): Tensor {
    return new Tensor(op.maskedSelect.tensor(this.handle, mask.handle));
  }

  // ── products ───────────────────────────────────────────────────────────────────────────────────────────

  /** Matrix product; leading dimensions are batches. */
  matmul(other: Tensor): Tensor {
    return new Tensor(op.matmul.tensor(this.handle, other.handle));
  }

  // ── shape ──────────────────────────────────────────────────────────────────────────────────────────────

  /** The transpose of a matrix (a view). */
  t(): Tensor {
    return one(op.t, this);
  }
  /** Swaps two dimensions (a view). */
  transpose(a: number, b: number): Tensor {
    return new Tensor(op.transpose.tensor(this.handle, a, b));
  }
  /** A view where possible, else a copy; one size may be −1. */
  reshape(shape: readonly number[]): Tensor {
    return new Tensor(op.reshape.tensor(this.handle, shape));
  }
  /** Always a view; refused when memory does not allow it. */
  view(shape: readonly number[]): Tensor {
    return new Tensor(op.view.tensor(this.handle, shape));
  }
  permute(dims: readonly number[]): Tensor {
    return new Tensor(op.permute.tensor(this.handle, dims));
  }
  unsqueeze(dim: number): Tensor {
    return new Tensor(op.unsqueeze.tensor(this.handle, dim));
  }
  /** Without the dimension `dim` if its size is 1; without any of size 1 when `dim` is left out. */
  squeeze(dim?: number): Tensor {
    return dim === undefined ? one(op.squeeze, this) : new Tensor(op.squeezeDim.tensor(this.handle, dim));
  }
  flatten(start = 0, end = -1): Tensor {
    return new Tensor(op.flatten.tensor(this.handle, start, end));
  }
  expand(shape: readonly number[]): Tensor {
    return new Tensor(op.expand.tensor(this.handle, shape));
  }
  repeat(times: readonly number[]): Tensor {
    return new Tensor(op.repeat.tensor(this.handle, times));
  }
  flip(dims: readonly number[]): Tensor {
    return new Tensor(op.flip.tensor(this.handle, dims));
  }
  roll(shifts: readonly number[], dims: readonly number[]): Tensor {
    return new Tensor(op.roll.tensor(this.handle, shifts, dims));
  }

  // ── parts ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Elements start … end−1 of a dimension (a view). */
  slice(dim: number, start: number, end?: number, step = 1): Tensor {
    return new Tensor(op.slice.tensor(this.handle, dim, start, end ?? null, step));
  }
  /** One index of a dimension, which disappears (a view). */
  select(dim: number, index: number): Tensor {
    return new Tensor(op.select.tensor(this.handle, dim, index));
  }
  narrow(dim: number, start: number, length: number): Tensor {
    return new Tensor(op.narrow.tensor(this.handle, dim, start, length));
  }
  /** @param index int64 [n] */
  indexSelect(dim: number, index: Tensor): Tensor {
    return new Tensor(op.indexSelect.tensor(this.handle, dim, index.handle));
  }
  /** @param index int64, of as many dimensions as this */
  gather(dim: number, index: Tensor): Tensor {
    return new Tensor(op.gather.tensor(this.handle, dim, index.handle));
  }
  scatter(dim: number, index: Tensor, source: Tensor): Tensor {
    return new Tensor(op.scatter.tensor(this.handle, dim, index.handle, source.handle));
  }
  indexAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return new Tensor(op.indexAdd.tensor(this.handle, dim, index.handle, source.handle));
  }
  /** `count` views of nearly equal size. */
  chunk(count: number, dim = 0): Tensor[] {
    return many(op.chunk.tensors(this.handle, count, dim));
  }
  /** Views of the given size, or sizes. */
  split(sizes: number | readonly number[], dim = 0): Tensor[] {
    const operator = typeof sizes === 'number' ? op.split : op.splitSizes;
    return many(operator.tensors(this.handle, sizes, dim));
  }
  unbind(dim = 0): Tensor[] {
    return many(op.unbind.tensors(this.handle, dim));
  }

  // ── reductions ─────────────────────────────────────────────────────────────────────────────────────────

  sum(dims?: number | readonly number[], keepDim = false): Tensor {
    return reduced(op.sum, op.sumDims, this, dims, keepDim);
  }
  mean(dims?: number | readonly number[], keepDim = false): Tensor {
    return reduced(op.mean, op.meanDims, this, dims, keepDim);
  }
  /** Divided by n − 1; with `unbiased: false` by n. */
  variance(
    dims?: number | readonly number[],
    options: { unbiased?: boolean; keepDim?: boolean } = {},
  ): Tensor {
    const unbiased = options.unbiased ?? true;
    if (dims === undefined) return new Tensor(op.variance.tensor(this.handle, unbiased));
    return new Tensor(op.varianceDims.tensor(this.handle, listed(dims), unbiased, options.keepDim ?? false));
  }
  max(): Tensor;
  max(dim: number, keepDim?: boolean): { values: Tensor; indices: Tensor };
  max(dim?: number, keepDim = false): Tensor | { values: Tensor; indices: Tensor } {
    return dim === undefined ? one(op.max, this) : ranked(op.maxDim.tensors(this.handle, dim, keepDim));
  }
  min(): Tensor;
  min(dim: number, keepDim?: boolean): { values: Tensor; indices: Tensor };
  min(dim?: number, keepDim = false): Tensor | { values: Tensor; indices: Tensor } {
    return dim === undefined ? one(op.min, this) : ranked(op.minDim.tensors(this.handle, dim, keepDim));
  }
  /** int64; of the flattened tensor when `dim` is left out. */
  argmax(dim?: number, keepDim = false): Tensor {
    return new Tensor(op.argmax.tensor(this.handle, dim ?? null, keepDim));
  }
  argmin(dim?: number, keepDim = false): Tensor {
    return new Tensor(op.argmin.tensor(this.handle, dim ?? null, keepDim));
  }
  any(): Tensor {
    return one(op.any, this);
  }
  all(): Tensor {
    return one(op.all, this);
  }
  /** The p-norm of all elements. */
  norm(p = 2): Tensor {
    return new Tensor(op.norm.tensor(this.handle, p));
  }
  logSumExp(dims: number | readonly number[], keepDim = false): Tensor {
    return new Tensor(op.logsumexp.tensor(this.handle, listed(dims), keepDim));
  }
  cumsum(dim: number): Tensor {
    return new Tensor(op.cumsum.tensor(this.handle, dim));
  }
  /** The k largest, best first. */
  topk(k: number, dim = -1): { values: Tensor; indices: Tensor } {
    return ranked(op.topk.tensors(this.handle, k, dim));
  }
  sort(dim = -1, descending = false): { values: Tensor; indices: Tensor } {
    return ranked(op.sort.tensors(this.handle, dim, descending));
  }

  // ── in place ───────────────────────────────────────────────────────────────────────────────────────────

  /** Takes over the other's values (broadcast, converted). */
  copy_(other: Tensor): this {
    op.copy_.inPlace(this.handle, other.handle);
    return this;
  }
  /** The same as `copy_`. */
  copyFrom_(other: Tensor): this {
    return this.copy_(other);
  }
  add_(other: Numeric): this {
    return inPlace(op.add_, op.addScalar_, this, other);
  }
  sub_(other: Numeric): this {
    return inPlace(op.sub_, op.subScalar_, this, other);
  }
  mul_(other: Numeric): this {
    return inPlace(op.mul_, op.mulScalar_, this, other);
  }
  div_(other: Numeric): this {
    return inPlace(op.div_, op.divScalar_, this, other);
  }
  zero_(): this {
    op.zero_.inPlace(this.handle);
    return this;
  }
  fill_(value: number): this {
    op.fill_.inPlace(this.handle, value);
    return this;
  }
  relu_(): this {
    op.relu_.inPlace(this.handle);
    return this;
  }
  clamp_(limits: { min?: number; max?: number }): this {
    op.clamp_.inPlace(this.handle, limits.min ?? null, limits.max ?? null);
    return this;
  }
  /** Uniform in [low, high). */
  uniform_(low: number, high: number, generator?: Generator): this {
    op.uniform_.inPlace(this.handle, low, high, generator?.handle ?? null);
    return this;
  }
  normal_(mean: number, standardDeviation: number, generator?: Generator): this {
    op.normal_.inPlace(this.handle, mean, standardDeviation, generator?.handle ?? null);
    return this;
  }
  /** 1 with the given probability, else 0. */
  bernoulli_(probability: number, generator?: Generator): this {
    op.bernoulli_.inPlace(this.handle, probability, generator?.handle ?? null);
    return this;
  }

  /** `float32[2, 3]`; not the values. */
  toString(): string {
    return this.disposed ? 'Tensor(disposed)' : `Tensor(${native().describe(this.handle)})`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Moves a tensor out of every scope: its caller owns it from now on. */
export function keep<T extends Tensor>(kept: T): T {
  native().keep(kept.handle);
  watch(kept, kept.handle);
  return kept;
}

const one = (operator: Operator, operand: Tensor): Tensor => new Tensor(operator.tensor(operand.handle));

const many = (handles: readonly Handle[]): Tensor[] => handles.map((handle) => new Tensor(handle));

const listed = (dims: number | readonly number[]): readonly number[] =>
  typeof dims === 'number' ? [dims] : dims;

function binary(operator: Operator, scalar: Operator, left: Tensor, right: Numeric): Tensor {
  if (typeof right === 'number') return new Tensor(scalar.tensor(left.handle, right));
  return new Tensor(operator.tensor(left.handle, right.handle));
}

function inPlace<T extends Tensor>(operator: Operator, scalar: Operator, left: T, right: Numeric): T {
  if (typeof right === 'number') scalar.inPlace(left.handle, right);
  else operator.inPlace(left.handle, right.handle);
  return left;
}

function reduced(
  whole: Operator,
  byDims: Operator,
  operand: Tensor,
  dims: number | readonly number[] | undefined,
  keepDim: boolean,
): Tensor {
  if (dims === undefined) return one(whole, operand);
  return new Tensor(byDims.tensor(operand.handle, listed(dims), keepDim));
}

function ranked([values, indices]: readonly Handle[]): { values: Tensor; indices: Tensor } {
  return { values: new Tensor(values as Handle), indices: new Tensor(indices as Handle) };
}
