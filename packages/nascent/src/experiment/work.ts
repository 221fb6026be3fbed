import type { RemoteWorkerOptions, RemoteWorkerSummary } from '../workers/remote-worker.ts';

/**
 * Joins a shared study as a worker, as `nascent worker` does, until the study is complete or `signal` is aborted.
 * @throws the errors of `workers/remote-worker-errors.ts` and `store/errors.ts`
 */
export async function work(options: RemoteWorkerOptions): Promise<RemoteWorkerSummary> {
  // Only now: a program that does something else need not load queue and driver.
  const { runRemoteWorker } = await import('../workers/remote-worker.ts');
  return runRemoteWorker(options);
}
