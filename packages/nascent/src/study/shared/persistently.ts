import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable, type StoreUnavailableError } from '../../store/errors.ts';

const firstWaitMs = 100;
const longestWaitMs = 2000;

export interface Persistence {
  /** Aborted: the next failure is thrown. */
  readonly signal: AbortSignal;
  /** Called at each failure, before the wait. */
  readonly onUnavailable?: ((error: StoreUnavailableError, waitMs: number) => void) | undefined;
}

/**
 * Does a piece of work with the store until the database can do it: it may be restarting, its disk be full, or the network
 * be cut for a while. The work may have been done although its answer was lost, so it must be one that can be done twice.
 * @throws StoreUnavailableError once the signal is aborted; any other error at once
 */
export async function persistently<T>(
  work: () => Promise<T>,
  { signal, onUnavailable }: Persistence,
): Promise<T> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    try {
      return await work();
    } catch (thrown) {
      if (!isUnavailable(thrown) || signal.aborted) throw thrown;
      onUnavailable?.(thrown, waitMs);
      // A random part, so that hundreds of processes do not come back in one moment.
      await sleep(waitMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    }
  }
}
