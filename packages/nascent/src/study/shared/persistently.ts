import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnreachableError } from '../../store/errors.ts';

const firstWaitMs = 100;
const longestWaitMs = 2000;

export interface Persistence {
  /** Aborted: the next failure is thrown. */
  readonly signal: AbortSignal;
  /** Called at each failure, before the wait. */
  readonly onUnreachable?: ((error: StoreUnreachableError, waitMs: number) => void) | undefined;
}

/**
 * Does a piece of work with the store until the database answers: it may be restarting, or the network be cut for a
 * while. The work may have been done although its answer was lost, so it must be one that can be done twice.
 * @throws StoreUnreachableError once the signal is aborted; any other error at once
 */
export async function persistently<T>(
  work: () => Promise<T>,
  { signal, onUnreachable }: Persistence,
): Promise<T> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof StoreUnreachableError) || signal.aborted) throw thrown;
      onUnreachable?.(thrown, waitMs);
      // A random part, so that hundreds of processes do not come back in one moment.
      await sleep(waitMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    }
  }
}
