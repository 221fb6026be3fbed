import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open-store.ts';
import type { StudyConfigInput } from '../../src/study/config.ts';
import { binary, isBuilt } from '../fixtures/binary.ts';

const oneThread = { ...process.env, OMP_NUM_THREADS: '1', OMP_WAIT_POLICY: 'passive', NO_COLOR: '1' };

/** A `nascent retrain` that runs as a process of its own, with a worker for its grid. */
export interface Retraining {
  readonly child: ChildProcess;
  /** Resolves with the exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Resolves when standard error has a line like this. */
  readonly says: (line: RegExp) => Promise<void>;
  readonly said: () => string;
  /** Standard output so far. */
  readonly printed: () => string;
  /** SIGKILL to the whole group. */
  readonly kill: () => void;
}

/** A directory with `config.json` in which retrainings are started, and killed. */
export class RetrainGround {
  readonly directory: string;
  readonly #words: readonly string[];
  readonly #running = new Set<Retraining>();

  private constructor(directory: string, words: readonly string[]) {
    this.directory = directory;
    this.#words = words;
  }

  /** @param words of the command, behind `nascent retrain` and before its `--out` */
  static async make(config: StudyConfigInput, words: readonly string[]): Promise<RetrainGround> {
    if (!isBuilt) throw new Error('this test runs the built command line: run npm run build:ts first');
    const directory = await mkdtemp(join(tmpdir(), 'nascent-retrain-'));
    await writeFile(join(directory, 'config.json'), JSON.stringify(config));
    return new RetrainGround(directory, words);
  }

  async remove(): Promise<void> {
    for (const retraining of this.#running) retraining.kill();
    await rm(this.directory, { recursive: true });
  }

  start(out: string, ...more: readonly string[]): Retraining {
    const child = spawn(process.execPath, [binary, 'retrain', ...this.#words, '--out', out, ...more], {
      cwd: this.directory,
      env: oneThread,
      detached: true, // a group of its own, so that the whole group can be killed
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let printed = '';
    const waiting = new Map<RegExp, () => void>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      for (const [line, resolve] of waiting) if (line.test(said)) resolve();
    });
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', (code) => {
        this.#running.delete(retraining);
        resolve(code);
      });
    });
    const says = (line: RegExp) =>
      new Promise<void>((resolve) => {
        waiting.set(line, resolve);
        if (line.test(said)) resolve();
      });
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    };
    const retraining: Retraining = { child, ended, says, said: () => said, printed: () => printed, kill };
    this.#running.add(retraining);
    return retraining;
  }

  /** @returns what it printed */
  async toTheEnd(out: string, ...more: readonly string[]): Promise<string> {
    const { ended, said, printed } = this.start(out, ...more);
    if ((await ended) !== 0) throw new Error(`the retraining failed:\n${said()}`);
    return printed();
  }

  /** Of a file of the retraining in `out`. */
  path(out: string, file: string): string {
    return join(this.directory, out, file);
  }

  /** The grid's runs and log. */
  async gridOf(out: string) {
    const store = await openStore(this.path(out, 'grid.db'), { access: 'read' });
    try {
      const { id } = await store.study();
      const runs = (await store.trials(id)).map(({ number, tokens, state, reward, score }) => ({
        number,
        tokens,
        state,
        reward,
        score,
      }));
      return { runs, log: await store.logEntries(id) };
    } finally {
      await store.close();
    }
  }
}

export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
