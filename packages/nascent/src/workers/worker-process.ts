import { execa } from 'execa';
import { z } from 'zod';
import { describeExit } from './exit-description.ts';
import { OutputTail } from './output-tail.ts';
import { ownEntry } from './own-entry.ts';
import { workerEnvironment } from './worker-environment.ts';

/** Who hears of a worker process. Exactly one listener at a time; it changes with what the worker is doing. */
export interface WorkerListener<Word> {
  word(word: Word): void;
  /** The process has ended, and every word it had said was delivered. */
  ended(description: string): void;
}

/** A program that runs as a worker process, and what it says. */
export interface WorkerProgram<Word> {
  /** Its entry beside this file, without the extension. */
  readonly entry: './worker-main' | './run-main';
  readonly words: z.ZodType<Word>;
}

export interface WorkerStart {
  readonly threads: number;
  /** Also V8's heap limit; null: V8's default. */
  readonly memoryMiB: number | null;
  /** Each line that the worker writes to its standard output or error. */
  readonly onOutput?: (line: string) => void;
}

/** How long the streams of a dead process may take to run dry: a grandchild can hold them open for ever. */
const drainMs = 500;

/** Below this V8 may die before the watch on resident memory can say what is wrong. */
const leastHeapMiB = 256;

/** One worker process: its channel, its last lines, its end. It knows nothing of jobs. */
export class WorkerProcess<Order extends object, Word> {
  readonly pid: number;
  /** Set before the first message can arrive. */
  listener: WorkerListener<Word>;
  readonly #words: z.ZodType<Word>;
  readonly #process: ReturnType<typeof spawn>;
  readonly #lastLines: OutputTail;
  #faultOfSpeech: string | null = null;
  #ended = false;

  constructor(program: WorkerProgram<Word>, start: WorkerStart, listener: WorkerListener<Word>) {
    this.listener = listener;
    this.#words = program.words;
    const child = spawn(program.entry, start);
    this.#process = child;
    this.pid = child.pid ?? -1; // −1: the system could not start it; the exit says why
    new OutputTail(child.stdout, start.onOutput);
    this.#lastLines = new OutputTail(child.stderr, start.onOutput);
    child.on('message', (message: unknown) => this.#hear(message));
    void this.#awaitEnd();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** @throws DataCloneError if the order holds something that is not data, for example a function */
  say(order: Order): void {
    if (!this.#process.connected) return; // it has ended; the listener is about to hear of it
    this.#process.send(order, undefined, undefined, () => {}); // a failure to send is the end as well
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #hear(message: unknown): void {
    const word = this.#words.safeParse(message);
    if (word.success) {
      this.listener.word(word.data);
      return;
    }
    // Somebody in the worker spoke on our channel. Nothing it says can be trusted any more.
    this.#faultOfSpeech ??= `worker process sent an unknown message:\n${z.prettifyError(word.error)}`;
    this.kill();
  }

  async #awaitEnd(): Promise<void> {
    const child = this.#process;
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const exit = await new Promise<{ code: number | null; signal: string | null; cause?: Error }>(
      (resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }));
        child.once('error', (cause) => resolve({ code: null, signal: null, cause }));
      },
    );
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, drainMs))]);
    this.#ended = true;
    this.listener.ended(
      this.#faultOfSpeech ??
        (exit.cause === undefined
          ? describeExit(exit, this.#lastLines.last())
          : `worker process could not be started: ${exit.cause.message}`),
    );
  }
}

function spawn(entry: WorkerProgram<unknown>['entry'], { threads, memoryMiB }: WorkerStart) {
  const { options, file } = ownEntry(entry, import.meta.url);
  const heap =
    memoryMiB === null ? [] : [`--max-old-space-size=${Math.max(leastHeapMiB, Math.ceil(memoryMiB))}`];
  return execa(process.execPath, [...heap, ...options, file, String(process.pid)], {
    ipc: true,
    serialization: 'advanced', // keeps what JSON loses, for example undefined and typed arrays
    buffer: false, // otherwise every line and message of a long life is kept
    reject: false,
    stdin: 'ignore',
    env: workerEnvironment(threads),
  });
}
