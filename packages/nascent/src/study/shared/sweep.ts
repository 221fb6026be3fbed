import type { SharedStore } from '../../store/shared-store.ts';
import { jobKey, type TrialJob, type TrialQueue } from './trial-queue.ts';

/**
 * Fills the queue from the store: every trial that is to be evaluated and has no job gets one. So the queue may be dropped
 * at any moment, and whoever dies between storing trials and adding their jobs loses nothing.
 *
 * Whether a running trial's worker lives is the queue's judgement as long as it holds the job. Of a job that it has lost it
 * knows nothing; then the worker's own heartbeat decides, so that dropping the queue does not throw away the work of those
 * who live.
 * @param silentMs a worker without a heartbeat for so long is dead
 * @returns what was added
 */
export async function sweep(
  store: SharedStore,
  study: number,
  queue: Pick<TrialQueue, 'held' | 'add'>,
  silentMs: number,
): Promise<readonly TrialJob[]> {
  const trials = await store.dispatchable(study);
  if (trials.length === 0) return [];
  // After the trials: a job that is added in between is then seen twice, which does no harm, rather than not at all.
  const held = await queue.held();
  const lost = trials.filter(
    (trial) =>
      !held.has(jobKey(trial)) &&
      (trial.state === 'queued' || trial.silentMs === null || trial.silentMs > silentMs),
  );
  if (lost.length > 0) await queue.add(lost);
  return lost.map(({ number, attempt }) => ({ number, attempt }));
}
