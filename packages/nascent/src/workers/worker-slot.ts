import { assertNever } from '../assert-never.ts';
import type { EvaluatorFacts } from '../evaluation/evaluator.ts';
import type { EvaluationJob, JobResult } from '../study/evaluator-pool.ts';
import { WorkerStartError } from './errors.ts';
import { evaluateJob, type JobOptions } from './evaluate-job.ts';
import { residentMiB } from './memory-watch.ts';
import { type Order, type Word, wordSchema } from './messages.ts';
import { WorkerProcess, type WorkerProgram, type WorkerStart } from './worker-process.ts';

/** A worker process that evaluates. */
export type EvaluatorProcess = WorkerProcess<Order, Word>;
const program: WorkerProgram<Word> = { entry: './worker-main', words: wordSchema };

type Refused = { readonly kind: 'refused'; readonly code: string; readonly message: string };
type Start =
  | { readonly kind: 'opened'; readonly worker: EvaluatorProcess; readonly facts: EvaluatorFacts }
  | { readonly kind: 'died'; readonly detail: string }
  | Refused;

export interface SlotOptions extends WorkerStart {
  readonly open: Extract<Order, { kind: 'open' }>;
}

/** So many workers may die in a row without having done a job. What is broken must not restart for ever. */
const deathsAllowed = 3;
const closeGraceMs = 2000;

/**
 * A place for one worker process. It holds a process that has loaded the evaluator, replaces it whenever it
 * ends, and gives it one job at a time.
 */
export class WorkerSlot {
  readonly #options: SlotOptions;
  /** The process that is alive or starting; the promise resolves when its evaluator is loaded. */
  #opened: Promise<EvaluatorProcess>;
  #current: EvaluatorProcess | null = null;
  #facts: EvaluatorFacts | null = null;
  /** How the last workers died, since the last job that was done. */
  #deaths: string[] = [];
  #idle = false;
  #closed = false;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#opened = this.#open();
  }

  /** A job given now would begin at once. */
  get idle(): boolean {
    return this.#idle;
  }

  /**
   * What the evaluator says of itself, once it is loaded.
   * @throws WorkerStartError if no worker can be started here
   */
  async ready(): Promise<EvaluatorFacts> {
    await this.#opened;
    if (this.#facts === null) throw new Error('a worker was opened without its evaluator');
    return this.#facts;
  }

  /**
   * Not to be called while a job is running here.
   * @throws WorkerStartError if no worker can be started here (any more)
   */
  async evaluate(job: EvaluationJob, options: JobOptions): Promise<JobResult> {
    for (;;) {
      const worker = await unlessAborted(this.#opened, options.signal);
      if (worker === null) return { kind: 'cancelled' };
      if (worker.ended) continue; // it died idle a moment ago, `#opened` is its successor
      this.#idle = false;
      try {
        const result = await evaluateJob(worker, job, options);
        if (result.kind !== 'never-begun') {
          this.#deaths = [];
          return result;
        }
        this.#deaths.push(result.detail);
      } finally {
        this.#rest(worker);
      }
    }
  }

  /** Ends the process; the caller has ended the jobs. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#current;
    if (worker === null || worker.ended) return;
    const waiting = worker.listener; // whoever waits for it to open hears of its end as well
    await new Promise<void>((resolve) => {
      worker.listener = {
        word: () => {},
        ended: (description) => {
          waiting.ended(description);
          resolve();
        },
      };
      const timer = setTimeout(() => worker.kill(), closeGraceMs);
      timer.unref();
      if (this.#idle) worker.say({ kind: 'close' });
      else worker.kill(); // still loading
    });
  }

  #rest(worker: EvaluatorProcess): void {
    if (worker.ended) {
      this.#opened = this.#open();
      return;
    }
    this.#idle = true;
    worker.listener = {
      word: () => {}, // late words of an old job
      ended: (description) => {
        this.#idle = false;
        this.#deaths.push(description);
        this.#opened = this.#open();
      },
    };
  }

  #open(): Promise<EvaluatorProcess> {
    const opened = this.#start();
    opened.catch(() => {}); // whoever waits for it hears of it
    return opened;
  }

  async #start(): Promise<EvaluatorProcess> {
    for (;;) {
      if (this.#closed) throw new WorkerStartError('WORKER_START_FAILED', 'the pool of workers is closed');
      if (this.#deaths.length >= deathsAllowed) {
        const text = `no worker process stays alive: ${deathsAllowed} died in a row. The last one: `;
        throw new WorkerStartError('WORKER_START_FAILED', `${text}${this.#deaths.at(-1)}`);
      }
      const started = await this.#startOnce();
      switch (started.kind) {
        case 'opened':
          // It was told to end while its memory was looked at, and whoever closes waits for that.
          if (this.#closed) break;
          this.#facts = started.facts;
          this.#rest(started.worker);
          return started.worker;
        case 'refused':
          throw new WorkerStartError(started.code, started.message);
        case 'died':
          this.#deaths.push(started.detail);
          break;
        default:
          assertNever(started);
      }
    }
  }

  /** A limit that engine and data alone exceed would make every trial run out of memory. */
  async #overLimit(worker: EvaluatorProcess): Promise<Refused | null> {
    const { memoryMiB } = this.#options;
    const found = memoryMiB === null ? null : await residentMiB(worker.pid);
    if (memoryMiB === null || found === null || found <= memoryMiB) return null;
    const message =
      `a worker with engine and data loaded holds ${Math.ceil(found)} MiB before its first trial, but ` +
      `limits.memoryMiB is ${memoryMiB}. Raise the limit, or load fewer data.`;
    return { kind: 'refused', code: 'MEMORY_LIMIT_TOO_LOW', message };
  }

  #startOnce(): Promise<Start> {
    return new Promise((resolve) => {
      const worker = new WorkerProcess<Order, Word>(program, this.#options, {
        word: (word) => {
          if (word.kind === 'opened') {
            const { facts } = word;
            void this.#overLimit(worker).then((refused) => {
              if (refused !== null) worker.kill();
              resolve(refused ?? { kind: 'opened', worker, facts });
            });
          }
          if (word.kind === 'refused') {
            resolve({ kind: 'refused', code: word.code, message: word.message });
            worker.kill();
          }
        },
        ended: (detail) => resolve({ kind: 'died', detail }),
      });
      this.#current = worker;
      worker.say(this.#options.open);
    });
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return null;
  let give: () => void = () => {};
  const aborted = new Promise<null>((resolve) => {
    give = () => resolve(null);
    signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}
