import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../../store/errors.ts';
import { DATABASE_MS } from './database-clock.ts';
import type { QueueDatabase } from './queue-database.ts';

/** The database is back for up to so long before everybody has noticed: the longest wait of `persistently`. */
const noticeMs = 3000;

/** What is needed of BullMQ's worker. */
export interface LockingWorker {
  /** @returns the jobs whose locks are lost */
  extendJobLocks(keys: string[], tokens: string[], lockMs: number): Promise<string[]>;
  getBackend(): { moveStalledJobsToWait(): Promise<unknown> };
}

export interface LockKeeping {
  readonly worker: LockingWorker;
  readonly database: Pick<QueueDatabase, 'query'>;
  readonly queue: string;
  readonly heartbeatMs: number;
  readonly lockMs: number;
  /** At least so long lies between the two steps in which a stalled job is taken back. */
  readonly stalledInterval: number;
  readonly onProblem: ((problem: Error) => void) | undefined;
}

/**
 * Renews the locks of the jobs that this consumer holds, and gives the jobs of dead ones to the queue again.
 *
 * All by the database's clock; of this machine's only spans are measured, by the monotonic one.
 */
export class LockKeeper {
  readonly #keeping: LockKeeping;
  /** Job → the token that its lock was taken with. */
  readonly #held = new Map<string, string>();
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  /** The database did not answer, and has not been seen to answer since. */
  #away = false;
  /** When it was first seen to answer again. */
  #backAtMs = Number.NEGATIVE_INFINITY;

  constructor(keeping: LockKeeping) {
    this.#keeping = keeping;
  }

  hold(key: string, token: string): void {
    this.#held.set(key, token);
  }

  letGo(key: string, token: string): void {
    if (this.#held.get(key) === token) this.#held.delete(key);
  }

  /**
   * The database does not answer. Nobody could renew a lock meanwhile, so when it is back all seem dead: everybody has
   * time first to notice, and to show that he lives.
   */
  wasCutOff(): void {
    this.#away = true;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { heartbeatMs, onProblem } = this.#keeping;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // A random part, so that the consumers of a study do not look for the dead at the same moments.
      await sleep((heartbeatMs / 2) * (0.8 + 0.4 * Math.random()), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.#renew();
        await this.#takeBack();
      } catch (thrown) {
        if (signal.aborted) return;
        if (isUnavailable(thrown)) this.wasCutOff();
        else onProblem?.(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    }
  }

  async #renew(): Promise<void> {
    const { worker, lockMs } = this.#keeping;
    const held = [...this.#held];
    if (held.length === 0) return;
    const keys = held.map(([key]) => key);
    const lost = await worker.extendJobLocks(
      keys,
      held.map(([, token]) => token),
      lockMs,
    );
    // Somebody else has the job now, or the queue was dropped. The attempt's number keeps the result apart.
    for (const key of lost) this.letGo(key, held.find(([own]) => own === key)?.[1] ?? '');
  }

  async #takeBack(): Promise<void> {
    const { worker, stalledInterval, lockMs } = this.#keeping;
    if (this.#away) {
      // Not from its last silence on: that may be as long ago as a wait, when others have yet to wake from theirs.
      this.#away = false; // again true where this very question does not reach it
      await this.#anyExpired();
      this.#backAtMs = performance.now();
    }
    if (performance.now() - this.#backAtMs < lockMs + noticeMs) return;
    if (!(await this.#anyExpired())) return;
    const backend = worker.getBackend();
    // BullMQ marks on one pass and takes back on the next. Both only now: marking writes a row for every job.
    await backend.moveStalledJobsToWait();
    await sleep(1.2 * stalledInterval, undefined, { signal: this.#stop.signal }).catch(() => {});
    if (!this.#stop.signal.aborted) await backend.moveStalledJobsToWait();
  }

  async #anyExpired(): Promise<boolean> {
    const { database, queue } = this.#keeping;
    const { rows } = await database.query<{ expired: boolean }>(
      `select exists (
         select from job where queue = $1 and state = 'active' and locked_until_ms < ${DATABASE_MS}
       ) as expired`,
      [queue],
    );
    return rows[0]?.expired === true;
  }
}
