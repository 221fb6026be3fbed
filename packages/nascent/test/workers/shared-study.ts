import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openStore } from '../../src/store/open-store.ts';
import type { Store, StudyRecord } from '../../src/store/store.ts';
import { parseConfig } from '../../src/study/config.ts';
import { resolveModule } from '../../src/study/modules.ts';
import type { TrialQueue } from '../../src/study/shared/trial-queue.ts';
import { thisProcess } from '../../src/study/this-process.ts';
import { evaluatorIdentity } from '../../src/study/trial-identity.ts';
import type { TrialRecord } from '../../src/trial/record.ts';
import { nascentVersion } from '../../src/version.ts';
import { openTrialQueue } from '../../src/workers/queue/open-trial-queue.ts';
import type { TestPostgres } from '../postgres-server.ts';
import type { TimedArchitecture } from './timed-evaluator.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
export const timedEvaluator = here('./timed-evaluator.ts');
export const wilfulEvaluator = here('../fixtures/wilful-evaluator.ts');
const main = here('./worker-process.ts');
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Signs of life in tests, in milliseconds. */
export const heartbeatMs = 400;

export interface StudyOptions {
  /** The evaluator's module; by default the timed one. */
  readonly evaluator?: string;
  readonly evaluatorOptions?: Readonly<Record<string, unknown>>;
  readonly changes?: Partial<Pick<StudyRecord, 'codeVersion' | 'datasetChecksum' | 'evaluatorIdentity'>>;
  /** How many trials there will be in all; by default those that are drawn. */
  readonly trials?: number;
  readonly shared?: boolean;
  /** False: the trials are drawn, and wait until `dispatch` for their jobs. */
  readonly dispatched?: boolean;
}

/** A shared study on PostgreSQL with trials that wait for workers; what a controller would have done. */
export class SharedStudy {
  readonly url: string;
  readonly store: Store;
  readonly study: StudyRecord;
  readonly queue: TrialQueue;
  readonly #workers: WorkerRun[] = [];
  readonly #dispose: () => Promise<void>;

  private constructor(parts: {
    readonly url: string;
    readonly store: Store;
    readonly study: StudyRecord;
    readonly queue: TrialQueue;
    readonly dispose: () => Promise<void>;
  }) {
    this.url = parts.url;
    this.store = parts.store;
    this.study = parts.study;
    this.queue = parts.queue;
    this.#dispose = parts.dispose;
  }

  static async begin(
    postgres: TestPostgres,
    architectures: readonly unknown[],
    options: StudyOptions = {},
  ): Promise<SharedStudy> {
    const {
      evaluator = timedEvaluator,
      evaluatorOptions,
      changes = {},
      shared = true,
      dispatched = true,
    } = options;
    const { trials = Math.max(1, architectures.length) } = options;
    const database = await postgres.createDatabase();
    const url = `${postgres.url(database)}/study`;
    const store = await openStore(url, { access: 'create' });
    const module = await resolveModule('evaluator', evaluator, '/');
    const config = parseConfig(
      {
        space: { use: 'convolutional' },
        evaluator: {
          use: module.use,
          ...(evaluatorOptions === undefined ? {} : { options: evaluatorOptions }),
        },
        strategy: { use: 'random' },
        trials,
      },
      'the test',
    );
    const study = await store.createStudy({
      name: 'study',
      config,
      seed: 1,
      space: { name: 'convolutional', version: 1, fingerprint: '00000000', options: {} },
      evaluatorIdentity: evaluatorIdentity(module, evaluatorOptions),
      strategy: 'random',
      codeVersion: nascentVersion(),
      datasetChecksum: null,
      ...changes,
    });
    const queue = await openTrialQueue(url, study.id);
    if (shared) {
      await store.shared.share(study.id, { accumulate: 1, baseline: null }, []);
      const { identity } = thisProcess();
      const [claimed] = await store.shared.claimReplicas(study.id, identity, 1, 60_000);
      if (claimed === undefined) throw new Error('no replica');
      await store.shared.draw(
        study.id,
        identity,
        claimed.replica,
        { atMost: architectures.length, countSpent: false },
        ({ drawn: before }) => ({
          trials: architectures.map((architecture, index) => ({
            number: before + index + 1,
            tokens: `convolutional@1/00000000/layers=1/filterHeight=${index + 1}`,
            architecture,
            architectureKey: `key-${index + 1}`,
            seed: index + 1,
          })),
          state: null,
        }),
      );
    }
    const dispose = async (): Promise<void> => {
      await queue.close();
      await store.close();
      await postgres.dropDatabase(database);
    };
    const begun = new SharedStudy({ url, store, study, queue, dispose });
    if (shared && dispatched) await begun.dispatch();
    return begun;
  }

  /** Adds the jobs of the trials that wait. */
  async dispatch(): Promise<void> {
    await this.queue.add(await this.store.shared.dispatchable(this.study.id));
  }

  trials(): Promise<readonly TrialRecord[]> {
    return this.store.trials(this.study.id);
  }

  /** Starts `nascent worker` for it, as a process of its own. */
  worker(words: readonly string[] = [], env: NodeJS.ProcessEnv = {}): WorkerRun {
    const run = new WorkerRun(['--study', this.url, '--allow', timedEvaluator, ...words], env);
    this.#workers.push(run);
    return run;
  }

  async dispose(): Promise<void> {
    for (const worker of this.#workers) worker.kill('SIGKILL');
    await Promise.all(this.#workers.map((worker) => worker.ended));
    await this.#dispose();
  }
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of `nascent worker`. */
export class WorkerRun {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #output = '';

  constructor(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const preload =
      env['NASCENT_TEST_SKEW_MS'] === undefined
        ? []
        : ['--import', pathToFileURL(here('./skewed-clock.mjs')).href];
    const common = ['--heartbeat', String(heartbeatMs), '--log', 'json', '--log-level', 'debug'];
    this.#child = spawn(
      process.execPath,
      [...preload, '--import', tsx, main, 'worker', ...common, ...words],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Everything that it has printed. */
  get output(): string {
    return this.#output;
  }

  /** Its log, line by line. */
  get log(): readonly Record<string, unknown>[] {
    return this.#output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Record<string, unknown> => JSON.parse(line));
  }

  said(event: string): readonly Record<string, unknown>[] {
    return this.log.filter((line) => line['event'] === event);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** Resolves as soon as `condition` holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 20_000,
): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`after ${withinMs} ms still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return performance.now() - startedAt;
}

export function architectures(count: number, epochs: number, epochMs: number): readonly TimedArchitecture[] {
  return Array.from({ length: count }, (_, index) => ({ number: index + 1, epochs, epochMs }));
}

/** A file that the timed evaluator may write to. */
export async function journalFile(): Promise<{
  readonly path: string;
  read(): Promise<readonly string[]>;
  remove(): Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), 'nascent-worker-'));
  const path = join(directory, 'journal');
  return {
    path,
    read: async () => (await readFile(path, 'utf8')).trim().split('\n'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
