import { jobKey, type TrialJob, type TrialQueue } from '../../study/shared/trial-queue.ts';
import { QueueDatabase } from './queue-database.ts';
import { isSchemaMissing } from './queue-schema.ts';
import { OFTEN_ENOUGH, Queue, queueName } from './trial-jobs.ts';

/** So many jobs go to the database in one statement. */
const bulk = 1000;

export interface QueueOptions {
  /** `read`: nothing is made, and a queue that is not there is empty. `create` is the default. */
  readonly access?: 'create' | 'read';
}

/**
 * Opens the queue of a study, in the schema `nascent_queue` of the study's own database.
 * @param study the number of its record
 * @throws StoreUrlError, StoreUnreachableError, StoreAccessDeniedError, StoreUnwritableError, QueueUnusableError
 */
export async function openTrialQueue(
  studyUrl: string,
  study: number,
  { access = 'create' }: QueueOptions = {},
): Promise<TrialQueue> {
  const mayPrepare = access === 'create';
  const database = new QueueDatabase(studyUrl, { connections: 2, mayPrepare });
  try {
    if (mayPrepare) await database.prepare();
  } catch (thrown) {
    await database.end();
    throw thrown;
  }
  const queue = new Queue<Record<string, never>, void>(queueName(study), {
    connection: database,
    skipMetasUpdate: true,
    defaultJobOptions: {
      attempts: OFTEN_ENOUGH,
      removeOnComplete: true,
      removeOnFail: true,
      stackTraceLimit: 0,
    },
  });
  // Of no worth: each of them rejects the call that it belongs to.
  queue.on('error', () => {});
  const backend = queue.getBackend();
  const emptyWhereMissing = async <T>(work: () => Promise<T>, empty: T): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      if (isSchemaMissing(thrown)) return empty;
      throw thrown;
    }
  };
  return {
    async add(jobs: readonly TrialJob[]): Promise<void> {
      for (let from = 0; from < jobs.length; from += bulk) {
        await queue.addBulk(
          jobs
            .slice(from, from + bulk)
            .map((job) => ({ name: 'trial', data: {}, opts: { jobId: jobKey(job) } })),
        );
      }
    },
    async held(): Promise<ReadonlySet<string>> {
      return emptyWhereMissing(async () => {
        const ranges = await backend.getRanges(['waiting', 'prioritized', 'delayed', 'active']);
        return new Set(ranges.flat());
      }, new Set<string>());
    },
    async counts() {
      return emptyWhereMissing(
        async () => {
          const [waiting = 0, prioritized = 0, delayed = 0, active = 0] = await backend.getCounts([
            'waiting',
            'prioritized',
            'delayed',
            'active',
          ]);
          return { waiting: waiting + prioritized + delayed, active };
        },
        { waiting: 0, active: 0 },
      );
    },
    async close(): Promise<void> {
      await queue.close();
      await database.end();
    },
  };
}
