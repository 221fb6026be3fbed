import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { RandomStream } from '../../src/random.ts';
import { builtInSpace } from '../../src/search-space/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import { binary, isBuilt } from '../fixtures/binary.ts';
import { type PrivatePostgres, privatePostgres } from '../postgres-server.ts';
import { installAudit } from './audit.ts';
import { type Query, readFacts, type StudyFacts, shardBytes } from './facts.ts';
import { type Expectations, type Violation, violationsOf } from './invariants.ts';
import { type SecondMachine, secondMachine } from './network.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';
import { SupervisedProcess } from './supervised-process.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
export const fakeChild = here('./fake-child.mjs');
const skewedClock = pathToFileURL(here('../workers/skewed-clock.mjs')).href;

export const heartbeatMs = 400;
/** A worker that was silent for so long loses its trials: twice its heartbeat. */
export const lockMs = 2 * heartbeatMs;
/** Of the fake evaluator. What is given up sooner was a job that nobody wanted any more, and was not begun. */
const shortestChildSeconds = 0.1;
/** A study of 1,000 trials and the audit of it take 71 MB. */
const smallDiskMebibytes = 256;
const longestSkewMs = 600_000;

export interface StudySettings {
  readonly trials: number;
  readonly shards?: number;
  readonly controllers?: number;
  /** Of each controller. */
  readonly replicas?: number;
  /** Children that each replica has in training. */
  readonly inFlight?: number;
  readonly workers?: number;
  /** Of each worker. */
  readonly slots?: number;
  /** Every process has a clock of its own, up to ten minutes ahead or behind. */
  readonly skewed?: boolean;
  /** One more worker, on a machine behind a cable. */
  readonly overNetwork?: boolean;
  /** Signs of life of controllers, where they are to come at another pace than those of workers. */
  readonly controllerHeartbeatMs?: number;
  /** How many times slower children are than 100 to 400 ms. */
  readonly slower?: number;
  /** The database's tables lie on a small disk of their own. */
  readonly smallDisk?: boolean;
  /** Further settings of the server. */
  readonly postgres?: Readonly<Record<string, string>>;
}

/** What the faults of a study are done to. */
export interface Ground {
  readonly server: PrivatePostgres;
  readonly database: string;
  readonly url: string;
}

/**
 * A shared study of real processes and a PostgreSQL server of its own that waits for its disk: `nascent controller` and
 * `nascent worker` as users start them, each started again when it ends, and an audit in the database.
 */
export class StudyUnderFaults {
  readonly controllers: SupervisedProcess[] = [];
  readonly workers: SupervisedProcess[] = [];
  /** The worker behind the cable, one of `workers`; null where there is none. */
  remote: { readonly worker: SupervisedProcess; readonly machine: SecondMachine } | null = null;
  /** Where the database's tables lie; null: beside everything else. */
  disk: SmallDisk | null = null;
  readonly ground: Ground;
  readonly #settings: Required<StudySettings>;
  readonly #random: RandomStream;
  readonly #directory: string;
  readonly #machine: SecondMachine | null;
  /** Everything of the audit that was ever seen, by its id: what the database may never forget. */
  readonly #witnessed = new Map<number, string>();

  private constructor(
    ground: Ground,
    settings: Required<StudySettings>,
    random: RandomStream,
    directory: string,
    machine: SecondMachine | null,
  ) {
    this.ground = ground;
    this.#settings = settings;
    this.#random = random;
    this.#directory = directory;
    this.#machine = machine;
  }

  /** @returns null where there is no PostgreSQL, which is said aloud */
  static async begin(given: StudySettings, random: RandomStream): Promise<StudyUnderFaults | null> {
    if (!isBuilt) throw new Error('this runs the built command line: run npm run build:ts first');
    const settings = withDefaults(given);
    const machine = settings.overNetwork ? secondMachine() : null;
    const server = await privatePostgres({
      fsync: true,
      settings: {
        listen_addresses: machine === null ? '127.0.0.1' : `127.0.0.1,${machine.address}`,
        max_connections: '150',
        ...settings.postgres,
      },
    });
    if (server === null) {
      machine?.remove();
      return null;
    }
    const directory = await mkdtemp(join(tmpdir(), 'nascent-faults-'));
    const database = await server.createDatabase();
    const url = `${server.url(database)}/study`;
    const study = new StudyUnderFaults({ server, database, url }, settings, random, directory, machine);
    try {
      await study.#begin();
    } catch (cause) {
      await study.dispose();
      throw cause;
    }
    return study;
  }

  readonly query: Query = (statement) => this.ground.server.query(this.ground.database, statement);

  get processes(): readonly SupervisedProcess[] {
    return [...this.controllers, ...this.workers];
  }

  /** How many trials its replicas have drawn at most and not learned from. */
  get inTraining(): number {
    const { controllers, replicas, inFlight } = this.#settings;
    return controllers * replicas * inFlight;
  }

  get expectations(): Omit<Expectations, 'complete'> {
    const { trials, shards } = this.#settings;
    return { trials, shards, baselineDecay: 0.95, space: builtInSpace('nas-bench-201') };
  }

  facts(): Promise<StudyFacts> {
    return readFacts(this.query);
  }

  /**
   * Checks everything at this moment.
   * @param complete whether the study is done
   */
  async check(complete: boolean): Promise<readonly Violation[]> {
    const finished = this.#finished(); // before the facts: what is said after they were read is not in them
    const facts = await this.facts();
    return [
      ...violationsOf(facts, { ...this.expectations, complete }),
      ...this.#forgotten(facts),
      ...contradicted(facts, finished),
      ...this.processes.flatMap(({ failures }) =>
        failures.map(({ name, code, signal, words }) => ({
          invariant: 'processesLive',
          detail: `${name} ended by itself with ${code ?? signal}: ${words}`,
        })),
      ),
    ];
  }

  /** What a synchronous study must end with whatever happened: tokens, rewards and every bit of the controller. */
  async outcome(): Promise<{ readonly trials: readonly unknown[]; readonly shards: readonly string[] }> {
    const trials = await this.query(
      'select number, tokens, state, reward, consumed from nascent.trials order by number',
    );
    return { trials, shards: await shardBytes(this.query) };
  }

  /** How many trials there are in each state. */
  async progress(): Promise<{ readonly ended: number; readonly running: number; readonly drawn: number }> {
    const [row] = await this.query(`select
      count(*) filter (where state not in ('queued', 'running'))::int as ended,
      count(*) filter (where state = 'running')::int as running, count(*)::int as drawn from nascent.trials`);
    return {
      ended: Number(row?.['ended']),
      running: Number(row?.['running']),
      drawn: Number(row?.['drawn']),
    };
  }

  /** How many results came too late and were refused: a child had been in training, and not for nothing. */
  get refused(): number {
    const ends = this.workers.flatMap(({ log }) => log);
    return ends.filter(({ end, seconds }) => end === 'obsolete' && Number(seconds) >= shortestChildSeconds)
      .length;
  }

  /** Resolves when all controllers and workers have ended because the study is complete. */
  async done(withinMs: number): Promise<void> {
    const late = new AbortController();
    const limit = sleep(withinMs, undefined, { signal: late.signal }).then(
      () => {
        const state = this.processes.map(
          ({ name, up, lastWords }) => `${name} (${up ? 'up' : 'down'}): ${lastWords.slice(-300)}`,
        );
        throw new Error(`the study was not complete within ${withinMs} ms:\n${state.join('\n')}`);
      },
      () => {},
    );
    try {
      await Promise.race([Promise.all(this.processes.map(({ done }) => done)), limit]);
    } finally {
      late.abort();
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.stop()));
    await this.ground.server.stop().catch(() => {}); // a fault may have stopped it already
    this.disk?.remove();
    await this.ground.server.dispose();
    this.#machine?.remove();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const { server, url } = this.ground;
    if (this.#machine !== null) {
      await appendFile(
        join(server.directory, 'data/pg_hba.conf'),
        `host all all ${this.#machine.own}/32 trust\n`,
      );
      await server.query('postgres', 'select pg_reload_conf()');
    }
    if (this.#settings.smallDisk) await this.#moveToSmallDisk();
    const store = await openStore(url, { access: 'create' });
    await store.close();
    await installAudit(this.query);
    const { trials, shards, inFlight, slower, controllers, replicas, workers, slots } = this.#settings;
    const config = join(this.#directory, 'study.config.json');
    await writeFile(
      config,
      JSON.stringify({
        space: { use: 'nas-bench-201' },
        evaluator: { use: fakeChild, options: { slower } },
        strategy: { use: 'policy-gradient', options: { preset: 'paper' } },
        reward: { kind: 'accuracy', lastEpochs: 1 },
        trials,
        seed: 5,
        parallel: { shards, inFlight },
      }),
    );
    const controller = ['controller', config, '--study', url, '--replicas', String(replicas)];
    this.controllers.push(this.#process('controller 1', controller, 'replicas-claimed'));
    // Workers join a study that is there.
    await this.#until(
      async () => (await this.query('select from nascent.shared_studies')).length > 0,
      60_000,
    );
    for (let more = 2; more <= controllers; more++) {
      this.controllers.push(this.#process(`controller ${more}`, controller, 'replicas-claimed'));
    }
    const worker = (of: string) => ['worker', '--study', of, '--slots', String(slots), '--allow', fakeChild];
    for (let number = 1; number <= workers; number++) {
      this.workers.push(this.#process(`worker ${number}`, worker(url), 'joined'));
    }
    if (this.#machine !== null) {
      const machine = this.#machine;
      const remote = this.#process(
        'remote worker',
        worker(url.replace('127.0.0.1', machine.address)),
        'joined',
        machine.prefix,
      );
      this.workers.push(remote);
      this.remote = { worker: remote, machine };
    }
    await this.#until(() => this.processes.every(({ up }) => up), 60_000);
  }

  async #moveToSmallDisk(): Promise<void> {
    const { server, database } = this.ground;
    const disk = await smallDisk(join(server.directory, 'small'), smallDiskMebibytes);
    if (disk === null) throw new Error('a full disk was asked for, and none can be mounted here');
    this.disk = disk;
    execFileSync('chown', ['postgres', disk.path]); // whoever may mount is root, and the server is not
    await server.query('postgres', `create tablespace small location '${disk.path}'`);
    await server.query('postgres', `alter database ${database} set tablespace small`);
  }

  #process(
    name: string,
    words: readonly string[],
    upEvent: string,
    prefix: readonly string[] = [],
  ): SupervisedProcess {
    const { skewed, controllerHeartbeatMs } = this.#settings;
    const beat = words[0] === 'controller' ? controllerHeartbeatMs : heartbeatMs;
    const preload = skewed ? ['--import', skewedClock] : [];
    const common = ['--heartbeat', String(beat), '--log', 'json'];
    const [program = process.execPath, ...rest] = [
      ...prefix,
      process.execPath,
      ...preload,
      binary,
      ...words,
      ...common,
    ];
    const skewMs = (): string => {
      // The first two as far apart as can be, the others anywhere between.
      const share = name.endsWith(' 1') ? -1 : name.endsWith(' 2') ? 1 : 2 * this.#random.uniform() - 1;
      return String(Math.round(share * longestSkewMs));
    };
    const env = (): NodeJS.ProcessEnv => (skewed ? { NASCENT_TEST_SKEW_MS: skewMs() } : {});
    return new SupervisedProcess(name, { program, words: rest, env }, upEvent, ['trial-ended']);
  }

  async #until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
    const began = performance.now();
    while (!(await condition())) {
      if (performance.now() - began > withinMs) {
        const state = this.processes.map(
          ({ name, up, lastWords }) => `${name} (${up ? 'up' : 'down'}): ${lastWords}`,
        );
        throw new Error(`the study does not begin:\n${state.join('\n')}`);
      }
      await sleep(100);
    }
  }

  /** What was committed and seen is there still, whatever was killed since. */
  #forgotten({ changes }: StudyFacts): readonly Violation[] {
    const now = new Map(changes.map((change) => [change.id, JSON.stringify(change)]));
    const gone = [...this.#witnessed].filter(([id, change]) => now.get(id) !== change);
    for (const [id, change] of now) this.#witnessed.set(id, change);
    return gone.map(([id]) => ({
      invariant: 'nothingForgotten',
      detail: `change ${id} was committed, and is not there now`,
    }));
  }

  /** What the workers have said by now that they finished. */
  #finished(): readonly Finished[] {
    return this.workers.flatMap(({ name, log }) =>
      log
        .filter((entry) => entry['end'] === 'finished')
        .map((entry) => ({ worker: name, trial: Number(entry['trial']), attempt: Number(entry['attempt']) })),
    );
  }
}

interface Finished {
  readonly worker: string;
  readonly trial: number;
  readonly attempt: number;
}

/** What a worker has said that it finished has ended, and by that attempt. */
function contradicted({ trials }: StudyFacts, finished: readonly Finished[]): readonly Violation[] {
  const ended = new Map(
    trials.filter(({ outcome }) => outcome !== null).map(({ number, attempt }) => [number, attempt]),
  );
  return finished
    .filter(({ trial, attempt }) => ended.get(trial) !== attempt)
    .map(({ worker, trial, attempt }) => ({
      invariant: 'acknowledgedStays',
      detail: `${worker} has finished trial ${trial} by attempt ${attempt}, and the store does not say so`,
    }));
}

function withDefaults(given: StudySettings): Required<StudySettings> {
  return {
    shards: 5,
    controllers: 2,
    replicas: 2,
    inFlight: 4,
    workers: 3,
    slots: 2,
    skewed: false,
    overNetwork: false,
    smallDisk: false,
    controllerHeartbeatMs: heartbeatMs,
    slower: 1,
    postgres: {},
    ...given,
  };
}

/** The server's own process number. */
export async function postmasterOf({ server }: Ground): Promise<number> {
  const [pid] = (await readFile(join(server.directory, 'data/postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}
