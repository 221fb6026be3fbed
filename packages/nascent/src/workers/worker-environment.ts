import { availableParallelism } from 'node:os';

/**
 * Engine threads of each worker: cores ÷ workers, at least 1. More threads than cores run ten times slower,
 * because OpenMP's threads then wait for each other.
 */
export function threadsPerWorker(workers: number, cores = availableParallelism()): number {
  return Math.max(1, Math.floor(cores / workers));
}

/**
 * The variables that must be set before a worker process starts: the mathematics libraries read them once, when
 * they are loaded. With OpenMP's default wait policy the threads of OpenBLAS and OpenMP fight over the cores.
 */
export function workerEnvironment(threads: number): Record<string, string> {
  return {
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    OMP_WAIT_POLICY: 'passive',
  };
}
