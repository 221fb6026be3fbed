import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../../store/errors.ts';
import type { Persistence } from '../../study/shared/persistently.ts';
import { type JobHandler, jobKey, type TrialConsumer } from '../../study/shared/trial-queue.ts';
import { LockKeeper } from './lock-keeper.ts';
import { QueueDatabase } from './queue-database.ts';
import { jobOfKey, OFTEN_ENOUGH, queueName, Worker } from './trial-jobs.ts';

export const DEFAULT_HEARTBEAT_MS = 5000;
const longestBackOffMs = 30_000;

export interface ConsumeOptions {
  /** Jobs at once. */
  readonly slots: number;
  readonly handler: JobHandler;
  /**
   * Every how many milliseconds this consumer shows that it lives. A job whose holder was silent for twice as long is
   * given to another consumer, at most three times as long after its holder died.
   */
  readonly heartbeatMs?: number;
  readonly onUnavailable?: Persistence['onUnavailable'];
  /** Something about the queue itself went wrong; it goes on. */
  readonly onProblem?: (problem: Error) => void;
}

/**
 * Takes jobs from a study's queue and hands them to `handler`, `slots` at a time, until it is closed. While the database
 * is away it waits, and where the queue was dropped it makes it again.
 * @throws StoreUrlError
 */
export function consumeTrials(
  studyUrl: string,
  study: number,
  { slots, handler, heartbeatMs = DEFAULT_HEARTBEAT_MS, onUnavailable, onProblem }: ConsumeOptions,
): TrialConsumer {
  const leaving = new AbortController();
  /** Aborted when nothing is in hand that it would be worth waiting for the database for. */
  const quiet = new AbortController();
  const inHand = new Map<string, Promise<void>>();
  const quietIfDone = (): void => {
    if (leaving.signal.aborted && inHand.size === 0) quiet.abort();
  };

  const lockMs = 2 * heartbeatMs;
  const stalledInterval = Math.ceil(heartbeatMs / 10);
  const database = new QueueDatabase(studyUrl, {
    connections: 2,
    mayPrepare: true,
    persistence: {
      signal: quiet.signal,
      onUnavailable(error, waitMs) {
        locks.wasCutOff();
        onUnavailable?.(error, waitMs);
      },
    },
  });

  const once = (key: string): Promise<void> => {
    // A job whose lock was lost for a moment may come back to the very consumer that still has it in hand.
    const already = inHand.get(key);
    if (already !== undefined) return already;
    const job = jobOfKey(key);
    if (job === null) return Promise.resolve(); // not ours: somebody has put it there, and it shall go away
    const done = handler(job).finally(() => {
      inHand.delete(key);
      quietIfDone();
    });
    inHand.set(jobKey(job), done);
    return done;
  };

  const worker = new Worker<Record<string, never>, void>(
    queueName(study),
    async (job, token) => {
      const { id: key } = job;
      if (key === undefined || token === undefined)
        throw new Error('BullMQ gave out a job without id or token');
      if (leaving.signal.aborted) throw new GivenBack();
      locks.hold(key, token);
      try {
        await once(key);
      } catch (thrown) {
        onProblem?.(thrown instanceof Error ? thrown : new Error(String(thrown)));
        // Waited for here, not by BullMQ: its delayed jobs go by the clocks of machines.
        const waitMs = Math.min((heartbeatMs / 5) * 2 ** Math.min(job.attemptsMade, 16), longestBackOffMs);
        await sleep(waitMs * (0.5 + Math.random()), undefined, { signal: leaving.signal }).catch(() => {});
        throw new GivenBack();
      } finally {
        locks.letGo(key, token);
      }
    },
    {
      connection: database,
      concurrency: slots,
      lockDuration: lockMs,
      // By `LockKeeper`: BullMQ's own compares this machine's clock with the database's.
      skipLockRenewal: true,
      skipStalledCheck: true,
      stalledInterval,
      maxStalledCount: OFTEN_ENOUGH,
      drainDelay: Math.max(0.1, Math.min(5, heartbeatMs / 1000)),
      runRetryDelay: heartbeatMs,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  );
  worker.on('error', (thrown) => {
    const problem = database.translate(thrown);
    // The connection to listen on was lost. A statement that fails as well tells it by `onUnavailable`.
    if (isUnavailable(problem)) locks.wasCutOff();
    else onProblem?.(thrown);
  });
  const locks = new LockKeeper({
    worker,
    database,
    queue: queueName(study),
    heartbeatMs,
    lockMs,
    stalledInterval,
    onProblem,
  });
  locks.start();

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    leaving.abort();
    quietIfDone();
    await worker.close();
    quiet.abort();
    await locks.stop();
    await database.end();
  };
  return {
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** What BullMQ is told, and stores, of a job that shall be given out again. */
class GivenBack extends Error {
  constructor() {
    super('given back');
  }
}
