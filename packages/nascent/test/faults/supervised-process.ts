import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { atExit } from './at-exit.ts';

export interface Command {
  readonly program: string;
  readonly words: readonly string[];
  /** Asked at every start. */
  env(): NodeJS.ProcessEnv;
}

/** An end that nobody outside had brought about. */
export interface OwnEnd {
  readonly name: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last it said. */
  readonly words: string;
}

const restartAfterMs = 300;
const keptCharacters = 4000;

/**
 * A process that is started again whenever it ends before its work is done, as an operator's supervisor would: after a
 * SIGKILL, and where it ended with an error.
 */
export class SupervisedProcess {
  readonly name: string;
  /** The lines of its log that are of one of these events, of all its lives. */
  readonly log: Readonly<Record<string, unknown>>[] = [];
  /** Ends with an error, of a process that was up. */
  readonly failures: OwnEnd[] = [];
  /** How often it was started. */
  starts = 0;
  readonly #command: Command;
  readonly #upEvent: string;
  readonly #kept: ReadonlySet<string>;
  readonly #done: Promise<void>;
  #finish: () => void = () => {};
  #child: ChildProcess | null = null;
  #up = false;
  #stopped = false;
  #held: Promise<void> | null = null;
  #lastWords = '';

  /**
   * @param upEvent the line of its log that says that it has begun to work
   * @param kept events of its log to be kept
   */
  constructor(name: string, command: Command, upEvent: string, kept: readonly string[]) {
    this.name = name;
    this.#command = command;
    this.#upEvent = upEvent;
    this.#kept = new Set(kept);
    this.#done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#start();
  }

  /** Resolves when it has ended with code 0. */
  get done(): Promise<void> {
    return this.#done;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Whether it works: it has said so, in this life. */
  get up(): boolean {
    return this.#up;
  }

  get lastWords(): string {
    return this.#lastWords;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** SIGKILL; its next start waits until `held` resolves. */
  killUntil(held: Promise<void>): void {
    this.#held = held;
    this.#up = false;
    this.#child?.kill('SIGKILL');
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child === null) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
  }

  #start(): void {
    const { program, words, env } = this.#command;
    this.starts += 1;
    const child = spawn(program, [...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, OMP_NUM_THREADS: '1', OMP_WAIT_POLICY: 'passive', NO_COLOR: '1', ...env() },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      let half = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#lastWords = (this.#lastWords + text).slice(-keptCharacters);
        const lines = (half + text).split('\n');
        half = lines.pop() ?? '';
        for (const line of lines) this.#hear(line);
      });
    }
    const forget = atExit(() => child.kill('SIGKILL'));
    child.once('close', (code, signal) => {
      forget();
      void this.#ended(code, signal);
    });
  }

  #hear(line: string): void {
    if (!line.startsWith('{')) return;
    const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
    const event = String(entry['event']);
    if (event === this.#upEvent) this.#up = true;
    if (this.#kept.has(event)) this.log.push(entry);
  }

  async #ended(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    const wasUp = this.#up;
    this.#child = null;
    this.#up = false;
    if (code === 0) return this.#finish();
    if (this.#stopped) return;
    if (signal !== 'SIGKILL' && wasUp) {
      this.failures.push({ name: this.name, code, signal, words: this.#lastWords.slice(-600) });
    }
    await sleep(restartAfterMs);
    while (this.#held !== null) {
      const held = this.#held;
      await held;
      if (this.#held === held) this.#held = null;
    }
    if (!this.#stopped) this.#start();
  }
}
