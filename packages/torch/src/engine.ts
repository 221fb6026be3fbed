import { readFileSync } from 'node:fs';
import { native } from './native.ts';
import type { Device } from './tensor.ts';

/** What the engine is and can do here. */
export interface EngineInfo {
  /** libtorch's version, for example `1.13.0`. */
  readonly libtorch: string;
  /** Threads of one operator. */
  readonly threads: number;
  readonly devices: readonly Device[];
  readonly cuda: boolean;
  /** Whether `recurrentTree` compiles kernels of its own there; without them it runs from single operators. */
  readonly cudaKernels: boolean;
  readonly mps: boolean;
  readonly onednn: boolean;
  readonly openmp: boolean;
  /** The vector instructions that libtorch's own kernels use here, for example `AVX2`. */
  readonly cpuCapability: string;
  /** Who computes matrix products, if that can be told: `openblas`, `mkl`, `reference` (slow), `unknown`. */
  readonly blas: 'openblas' | 'mkl' | 'accelerate' | 'reference' | 'unknown';
  /** Whether the CPU multiplies bfloat16 natively (AVX512_BF16 or AMX_BF16). */
  readonly fastBfloat16: boolean;
  /** libtorch's own words about its build. */
  readonly config: string;
}

/** Loads the engine. @throws TorchNotFoundError */
export function engineInfo(): EngineInfo {
  const facts = native().engineFacts();
  const flags = cpuFlags();
  return {
    libtorch: facts.version,
    threads: native().getThreads(),
    devices: devices(),
    cuda: facts.cudaDevices > 0,
    cudaKernels: native().noCudaKernels() === null,
    mps: facts.mps,
    onednn: facts.onednn,
    openmp: facts.openmp,
    cpuCapability: /CPU capability usage: (\S+)/.exec(facts.config)?.[1] ?? 'unknown',
    blas: facts.mkl ? 'mkl' : loadedBlas(),
    fastBfloat16: flags.has('avx512_bf16') || flags.has('amx_bf16'),
    config: facts.config,
  };
}

/** `'cpu'` first, then `'cuda:0'`, … and `'mps'` where this libtorch reaches them. */
export function devices(): Device[] {
  const facts = native().engineFacts();
  const cuda = Array.from({ length: facts.cudaDevices }, (_, i) => `cuda:${i}`);
  return ['cpu', ...cuda, ...(facts.mps ? ['mps'] : [])];
}

/**
 * Threads that one operator uses. The product over all processes should not exceed the cores: oversubscribed
 * OpenMP threads run ten times slower. Set OMP_WAIT_POLICY=passive before such a process starts; it cannot be
 * set from inside.
 */
export function setThreads(count: number): void {
  native().setThreads(count);
}
export function getThreads(): number {
  return native().getThreads();
}

function cpuFlags(): ReadonlySet<string> {
  const line = /^flags\s*:(.*)$/m.exec(systemFile('/proc/cpuinfo'))?.[1] ?? '';
  return new Set(line.split(' '));
}

/** libtorch says `generic` for any BLAS that the system's alternatives chose: look at what is loaded. */
function loadedBlas(): EngineInfo['blas'] {
  if (process.platform === 'darwin') return 'accelerate';
  const maps = systemFile('/proc/self/maps');
  if (maps.includes('openblas')) return 'openblas';
  if (maps.includes('libmkl')) return 'mkl';
  return /libblas\.so/.test(maps) ? 'reference' : 'unknown';
}

function systemFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // not Linux: the answer is "unknown"
  }
}
