import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { TorchError, type TorchErrorCode, TorchNotFoundError } from './errors.ts';

/** A tensor in the addon's table: generation · 2^22 + index. A stale one is refused, never followed. */
export type Handle = number;

/** What operators take. Tensors are handles, dtypes their numbers; undefined is the schema's default. */
export type NativeValue =
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly NativeValue[]
  | Int32Array;

/** What operators give; tensors are handles. */
export type NativeResult = number | bigint | boolean | string | null | readonly NativeResult[];

export interface OperatorSchema {
  readonly text: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly type: string;
    readonly kind: 'tensor' | 'tensors' | 'generator' | 'value';
    readonly required: boolean;
  }[];
  readonly returns: readonly string[];
}

export interface EngineFacts {
  readonly version: string;
  readonly config: string;
  readonly cudaDevices: number;
  /** Threads of OpenBLAS, which has its own; 0 for another BLAS. */
  readonly blasThreads: number;
  readonly mps: boolean;
  readonly mkl: boolean;
  readonly onednn: boolean;
  readonly openmp: boolean;
}

/** The addon's functions (native/src). Private to this package: everything else goes through Tensor. */
export interface Native {
  setErrorFactory(
    factory: (code: TorchErrorCode, message: string, operator: string | null, args: string[]) => Error,
  ): void;
  // operators.cc
  resolve(name: string, overload: string): number;
  call(operator: number, ...args: NativeValue[]): NativeResult;
  callInPlace(operator: number, ...args: NativeValue[]): void;
  schema(operator: number): OperatorSchema;
  listOperators(): string[];
  // slots.cc
  beginScope(): void;
  endScope(survivors: readonly Handle[] | null): void;
  keep(tensor: Handle): void;
  release(tensor: Handle): boolean;
  alive(tensor: Handle): boolean;
  liveTensors(): number;
  // memory.cc
  nativeBytes(): number;
  peakNativeBytes(reset: boolean): number;
  releaseMemory(): void;
  // tensors.cc
  fromArray(
    array: ArrayBufferView,
    source: number,
    dtype: number,
    shape: readonly number[],
    device: string,
  ): Handle;
  shareArray(array: ArrayBufferView, dtype: number, shape: readonly number[]): Handle;
  copyOut(tensor: Handle, into: ArrayBufferView, dtype: number): void;
  shape(tensor: Handle): number[];
  strides(tensor: Handle): number[];
  dtype(tensor: Handle): number;
  device(tensor: Handle): string;
  item(tensor: Handle): number;
  isContiguous(tensor: Handle, channelsLast: boolean): boolean;
  alias(tensor: Handle): Handle;
  describe(tensor: Handle): string;
  // autograd.cc
  backward(tensor: Handle, gradient: Handle | null, retainGraph: boolean, createGraph: boolean): void;
  gradients(
    outputs: readonly Handle[],
    inputs: readonly Handle[],
    upstream: readonly Handle[] | null,
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean,
  ): (Handle | null)[];
  grad(tensor: Handle): Handle | null;
  setGrad(tensor: Handle, gradient: Handle | null): void;
  requiresGrad(tensor: Handle): boolean;
  setRequiresGrad(tensor: Handle, on: boolean): void;
  isLeaf(tensor: Handle): boolean;
  setGradMode(on: boolean): boolean;
  // engine.cc
  makeGenerator(seed: number): number;
  releaseGenerator(generator: number): void;
  seedGenerator(generator: number, seed: number): void;
  generatorState(generator: number): Handle;
  setGeneratorState(generator: number, state: Handle): void;
  manualSeed(seed: number): void;
  setThreads(count: number): void;
  getThreads(): number;
  engineFacts(): EngineFacts;
  /** Why no kernels can be compiled for CUDA here; null where they can. */
  noCudaKernels(): string | null;
  enterAutocast(device: string, dtype: number): number;
  leaveAutocast(device: string, earlier: number): void;
  // optimisers.cc
  sgdStep(
    parameters: readonly Handle[],
    velocities: readonly Handle[] | null,
    learningRate: number,
    momentum: number,
    nesterov: boolean,
    weightDecay: number,
  ): void;
  adamStep(
    parameters: readonly Handle[],
    gradients: readonly Handle[] | null,
    means: readonly Handle[],
    squares: readonly Handle[],
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    steps: Float64Array,
    decoupled: boolean,
  ): void;
  clipGradients(parameters: readonly Handle[], gradients: readonly Handle[] | null, maxNorm: number): number;
  zeroGradients(parameters: readonly Handle[]): void;
  // fused.cc
  batchNormRelu(
    input: Handle,
    weight: Handle,
    bias: Handle,
    runningMean: Handle,
    runningVariance: Handle,
    training: boolean,
    momentum: number,
    epsilon: number,
  ): Handle;
  // joined.cc
  paddedCat(parts: readonly Handle[], padding: readonly number[]): Handle;
  channelMeans(input: Handle, area: number): Handle;
  // recurrent.cc
  recurrentTree(
    input: Handle,
    hidden: Handle,
    cell: Handle,
    weightInput: Handle,
    weightHidden: Handle,
    mask: Handle | null,
    program: readonly number[],
  ): [Handle, Handle, Handle];
  recurrentTreeKernels(program: readonly number[], low: boolean): string;
  // linear-cross-entropy.cc
  linearCrossEntropy(
    hidden: Handle,
    weight: Handle,
    bias: Handle | null,
    targets: Handle,
    reduction: number,
  ): Handle;
  // batches.cc
  openBatches(
    images: Handle,
    labels: Handle,
    mean: readonly number[] | null,
    deviation: readonly number[] | null,
    enlargedHeight: number,
    enlargedWidth: number,
    channelsLast: boolean,
  ): number;
  prepareBatch(
    stream: number,
    indices: Int32Array | readonly number[],
    placements: Int32Array | readonly number[] | null,
  ): void;
  takeBatch(stream: number): [Handle, Handle];
  batchesBusy(stream: number): number;
  closeBatches(stream: number): void;
}

let loaded: Native | undefined;

/** Whether the engine has been loaded into this process (it loads at the first use, in 0.6–2 s). */
export function isTorchLoaded(): boolean {
  return loaded !== undefined;
}

/**
 * The addon, loaded at the first call.
 * @throws TorchNotFoundError when the addon or libtorch is missing
 */
export function native(): Native {
  return loaded ?? load();
}

/** Where the addon is: beside src/ and dist/. NASCENT_TORCH_ADDON names another file. */
function addonPath(): string {
  return (
    process.env['NASCENT_TORCH_ADDON'] ??
    fileURLToPath(new URL('../build/nascent_torch.node', import.meta.url))
  );
}

function load(): Native {
  const path = addonPath();
  if (!existsSync(path)) {
    throw new TorchNotFoundError(
      `the libtorch addon has not been built (${path} does not exist). Run \`npm run setup\` in the checkout, or \`node native/build.mjs\` in this package's folder.`,
    );
  }
  // OpenBLAS reads it when it loads: its idle threads leave their core after 2^20 cycles, 0.4 ms, instead of 2^26, in
  // which our own loops on OpenMP's threads would have to share it.
  process.env['OPENBLAS_THREAD_TIMEOUT'] ??= '20';
  let addon: Native;
  try {
    addon = createRequire(import.meta.url)(path) as Native;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    if (thrown instanceof Error && (thrown as { code?: unknown }).code === 'ENGINE_IN_USE') {
      throw new TorchError('ENGINE_IN_USE', reason, { cause: thrown });
    }
    throw new TorchNotFoundError(
      `the libtorch addon does not load: ${reason}. libtorch may have moved or be of another version, or the addon of another Node: run \`npm run setup\`.`,
      thrown,
    );
  }
  addon.setErrorFactory(
    (code, message, operator, args) =>
      new TorchError(code, message, operator === null ? {} : { operator, arguments: args }),
  );
  loaded = addon;
  return addon;
}
