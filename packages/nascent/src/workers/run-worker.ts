import { NascentError } from '../errors.ts';
import type { EvaluatorFacts } from '../evaluation/evaluator.ts';
import type { RunKey } from '../store/comparison-store.ts';
import type { EndedSearch } from '../study/search-in-memory.ts';
import { WorkerStartError } from './errors.ts';
import { type RunOrder, type RunWord, runWordSchema } from './run-messages.ts';
import { WorkerProcess, type WorkerProgram } from './worker-process.ts';

const program: WorkerProgram<RunWord> = { entry: './run-main', words: runWordSchema };
type RunProcess = WorkerProcess<RunOrder, RunWord>;

/** A run that cannot be made: its strategy or the evaluator threw, or its process died twice. */
export class RunFailedError extends NascentError {
  constructor(code: string, { strategy, seed }: RunKey, message: string) {
    super(
      code,
      `the run of ${strategy} with seed ${seed} cannot be made: ${message}\n` +
        'Runs that were finished before are kept: correct what is wrong and run the same command again.',
    );
  }
}

/** What a run worker says of the evaluator that it has loaded. */
export interface RunWorkerFacts {
  readonly evaluator: EvaluatorFacts;
  /** Whether the evaluator has fully trained scores. */
  readonly finals: boolean;
}

/** Once is bad luck (the kernel was short of memory), twice is the run's own doing. */
const deathsAllowed = 2;

/**
 * A process that computes whole runs on an inline evaluator, one at a time; replaced if it dies. It ends with this
 * process, even if that is killed.
 */
export class RunWorker {
  readonly #open: Extract<RunOrder, { kind: 'open' }>;
  #process: RunProcess | null = null;
  #closed = false;

  constructor(open: Extract<RunOrder, { kind: 'open' }>) {
    this.#open = open;
  }

  /**
   * Starts the process and lets it load everything.
   * @returns null where the worker was closed meanwhile
   * @throws WorkerStartError with the reason, in the words of whatever could not be loaded
   */
  async open(): Promise<RunWorkerFacts | null> {
    if (this.#closed) return null;
    const { threads } = this.#open;
    const started = await new Promise<RunWord | string>((resolve) => {
      const opening: RunProcess = new WorkerProcess<RunOrder, RunWord>(
        program,
        { threads, memoryMiB: null },
        { word: resolve, ended: resolve },
      );
      this.#process = opening;
      opening.say(this.#open);
    });
    if (this.#closed) return null;
    if (typeof started === 'string') throw new WorkerStartError('WORKER_START_FAILED', started);
    if (started.kind === 'opened') return { evaluator: started.facts, finals: started.finals };
    this.#process?.kill();
    if (started.kind === 'refused') throw new WorkerStartError(started.code, started.message);
    throw new WorkerStartError('WORKER_START_FAILED', `a run worker began with the word "${started.kind}"`);
  }

  /**
   * Not to be called while a run is being made here.
   * @returns null where the worker was closed meanwhile
   * @throws RunFailedError, WorkerStartError
   */
  async run(key: RunKey): Promise<EndedSearch | null> {
    for (let deaths = 0; ; ) {
      if (this.#process === null || this.#process.ended) await this.open();
      const worker = this.#process;
      if (worker === null || this.#closed) return null;
      const said = await new Promise<RunWord | string>((resolve) => {
        worker.listener = { word: resolve, ended: resolve };
        worker.say({ kind: 'run', ...key });
      });
      if (this.#closed) return null;
      if (typeof said === 'string') {
        if (++deaths >= deathsAllowed) throw new RunFailedError('RUN_WORKER_DIED', key, said);
        continue;
      }
      if (said.kind === 'finished') return { run: said.run, clock: said.clock, finals: said.finals };
      const [code, message] =
        said.kind === 'threw' ? [said.code, said.message] : ['RUN_FAILED', `its worker said "${said.kind}"`];
      throw new RunFailedError(code, key, message);
    }
  }

  /** Ends the process at once; a run that is being made is dropped. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#process;
    if (worker === null || worker.ended) return;
    const waiting = worker.listener;
    await new Promise<void>((resolve) => {
      worker.listener = {
        word: () => {},
        ended: (description) => {
          waiting.ended(description);
          resolve();
        },
      };
      worker.kill();
    });
  }
}
