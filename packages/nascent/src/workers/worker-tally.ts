import type { WorkerActivity } from '../store/shared-store.ts';
import type { JobEnd } from '../study/shared/evaluate-trial.ts';
import type { TrialJob } from '../study/shared/trial-queue.ts';

export const jobEnds: readonly JobEnd[] = ['finished', 'requeued', 'handed-back', 'taken-back', 'obsolete'];

/** What a worker has done so far, and is doing. Times are milliseconds of the monotonic clock. */
export class WorkerTally {
  readonly #ends = new Map<JobEnd, number>();
  /** Trial → when it was begun. */
  readonly #running = new Map<number, number>();
  readonly #clock: () => number;
  #secondsSum = 0;
  #evaluations = 0;
  #retries = 0;
  #lastBeatMs: number | null = null;
  lastError: string | null = null;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  begin({ number }: TrialJob): void {
    this.#running.set(number, this.#clock());
  }

  /**
   * @param end null: the job comes again, its end is not known
   * @returns how long it took, in seconds
   */
  end({ number }: TrialJob, end: JobEnd | null): number {
    const seconds = (this.#clock() - (this.#running.get(number) ?? this.#clock())) / 1000;
    this.#running.delete(number);
    if (end === null) return seconds;
    this.#ends.set(end, this.ends(end) + 1);
    if (end === 'finished' || end === 'requeued') {
      this.#secondsSum += seconds;
      this.#evaluations += 1;
    }
    return seconds;
  }

  retried(): void {
    this.#retries += 1;
  }

  beat(): void {
    this.#lastBeatMs = this.#clock();
  }

  ends(end: JobEnd): number {
    return this.#ends.get(end) ?? 0;
  }

  get running(): readonly number[] {
    return [...this.#running.keys()].sort((a, b) => a - b);
  }

  /** Of evaluations that came to an end of their own. */
  get seconds(): { readonly sum: number; readonly count: number } {
    return { sum: this.#secondsSum, count: this.#evaluations };
  }

  /** How often the store had to be asked again because the database did not answer. */
  get retries(): number {
    return this.#retries;
  }

  /** Null before the first heartbeat. */
  get secondsSinceBeat(): number | null {
    return this.#lastBeatMs === null ? null : (this.#clock() - this.#lastBeatMs) / 1000;
  }

  get activity(): WorkerActivity {
    return {
      running: this.running,
      finished: this.ends('finished'),
      failed: this.ends('requeued'),
      lastError: this.lastError,
    };
  }
}
