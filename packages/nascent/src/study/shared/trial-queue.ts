/** An attempt of a trial that is to be evaluated. */
export interface TrialJob {
  /** The trial's number in its study. */
  readonly number: number;
  /** From 1. */
  readonly attempt: number;
}

/** The name of a job: an attempt of a trial is queued once, however often it is added. */
export function jobKey({ number, attempt }: TrialJob): string {
  return `${number}-${attempt}`;
}

/**
 * Hands attempts of trials to workers. Derived state: the store knows which trials are to be evaluated, so that the
 * whole queue may be dropped at any moment and is filled again from there (`sweep.ts`).
 *
 * It delivers at least once, and again where a worker is judged dead; the store's attempt numbers make that safe.
 */
export interface TrialQueue {
  /** Adds jobs that it does not hold. Resolves when they would survive a crash of this process. */
  add(jobs: readonly TrialJob[]): Promise<void>;
  /** Keys of all jobs that wait or that a worker holds. */
  held(): Promise<ReadonlySet<string>>;
  /** How many jobs wait, and how many workers hold. */
  counts(): Promise<{ readonly waiting: number; readonly active: number }>;
  close(): Promise<void>;
}

/** What a consumer does with a job. Resolves when nothing more is to be done for it; rejects to have it delivered again. */
export type JobHandler = (job: TrialJob) => Promise<void>;

/** The worker's end of a queue. */
export interface TrialConsumer {
  /** Takes no further jobs and resolves when the handler has returned for all it held. */
  close(): Promise<void>;
}
