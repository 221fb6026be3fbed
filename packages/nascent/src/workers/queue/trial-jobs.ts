import { type BackendFactory, PostgresConnection, PostgresQueueBackend, withBackend } from 'bullmq';
import { jobKey, type TrialJob } from '../../study/shared/trial-queue.ts';
import type { QueueDatabase } from './queue-database.ts';

/** So often a job may be given out before BullMQ calls it failed: never. */
export const OFTEN_ENOUGH = 1_000_000_000;

/** After so long a worker that waits for jobs looks for itself, should it not have been told of one. */
const longestBlockSeconds = 5;

/** The connection whose schema is made, and made again, by `QueueDatabase`: nothing is to be checked once and for all. */
class TrialConnection extends PostgresConnection {
  override waitUntilReady(): Promise<void> {
    return Promise.resolve();
  }
}

class TrialBackend extends PostgresQueueBackend {
  override get maximumBlockTimeout(): number {
    return longestBlockSeconds;
  }
}

const backend: BackendFactory<TrialBackend, QueueDatabase> = (name, options) =>
  // Its queries are made by `QueueDatabase`, which has the shape of a pool.
  new TrialBackend(new TrialConnection(options.connection), name, options as never);

/** BullMQ's classes over PostgreSQL as we use it. */
export const { Queue, Worker } = withBackend(backend);

/** The queue of a study. Studies are numbered within their database, and so are their queues. */
export function queueName(study: number): string {
  return `study-${study}`;
}

/** The attempt that a job's id names; null where it is none of ours. */
export function jobOfKey(key: string): TrialJob | null {
  const parts = /^([1-9]\d{0,14})-([1-9]\d{0,14})$/.exec(key);
  if (parts === null) return null;
  const job = { number: Number(parts[1]), attempt: Number(parts[2]) };
  return jobKey(job) === key ? job : null;
}
