import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StudyConfigInput } from '../../src/study/config.ts';
import { binary, isBuilt } from '../fixtures/binary.ts';
import { fixtures } from '../fixtures/paths.ts';

/** Children of a second each, trained on real CIFAR-10 images, under a controller that really learns. */
export const smallStudy: StudyConfigInput = {
  space: {
    use: 'convolutional',
    options: { filterHeight: [1, 3], filterWidth: [1, 3], filterCount: [4, 8] },
    arguments: { layers: 2 },
  },
  evaluator: {
    use: 'image-classifier',
    options: {
      dataset: { name: 'cifar10', path: fixtures.cifar10, validationExamples: 0.2 },
      epochs: 3,
      batchSize: 20,
    },
  },
  // Updates every two children, so that most kills fall between updates that really happened.
  strategy: { use: 'policy-gradient', options: { preset: 'strong', warmup: 3 } },
  trials: 12,
  workers: 1,
  seed: 11,
};

/** A `nascent search`, or a `nascent controller` with a study file, that runs as a process of its own. */
export interface SearchProcess {
  readonly child: ChildProcess;
  /** Resolves with the exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Resolves at the first line of progress: the study is open, children are being trained. */
  readonly working: Promise<void>;
  /** Standard error so far. */
  readonly said: () => string;
  /** SIGKILL to the main process alone, or to its whole group. */
  kill(whom: 'main' | 'group'): void;
}

/** A directory with `config.json` in which searches are started, and killed. */
export class SearchGround {
  readonly directory: string;
  readonly #running = new Set<SearchProcess>();

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(config: StudyConfigInput): Promise<SearchGround> {
    if (!isBuilt) throw new Error('this test runs the built command line: run npm run build:ts first');
    const directory = await mkdtemp(join(tmpdir(), 'nascent-crash-'));
    await writeFile(join(directory, 'config.json'), JSON.stringify(config));
    return new SearchGround(directory);
  }

  async remove(): Promise<void> {
    for (const search of this.#running) search.kill('group');
    await rm(this.directory, { recursive: true });
  }

  path(study: string): string {
    return join(this.directory, study);
  }

  exists(study: string): boolean {
    return existsSync(this.path(study));
  }

  search(study: string, command: 'search' | 'controller' = 'search'): SearchProcess {
    const child = spawn(process.execPath, [binary, command, 'config.json', '--study', study], {
      cwd: this.directory,
      detached: true, // a group of its own, so that the whole group can be killed
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    const working = new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/^(resuming|\[\d+\/)| drew /m.test(said)) resolve();
      });
    });
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', (code) => {
        this.#running.delete(search);
        resolve(code);
      });
    });
    const kill = (whom: 'main' | 'group') => {
      if (child.pid === undefined) return;
      try {
        process.kill(whom === 'main' ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    };
    const search: SearchProcess = { child, ended, working, said: () => said, kill };
    this.#running.add(search);
    return search;
  }
}
