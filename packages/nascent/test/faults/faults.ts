import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomStream } from '../../src/random.ts';
import {
  heartbeatMs,
  lockMs,
  postmasterOf,
  type StudySettings,
  type StudyUnderFaults,
} from './study-under-faults.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** A trial that a fault hit, as it stood then. */
export interface HitTrial {
  readonly number: number;
  readonly attempt: number;
}

/** What a fault did. */
export interface Hit {
  readonly trials: readonly HitTrial[];
  /** Milliseconds since 1970: recovery is measured from here. */
  readonly fromMs: number;
  /** A hit trial has recovered when it runs again or has ended (`run`), or when a replica has learned from it. */
  readonly recovered: 'run' | 'learned';
}

/** A kind of fault that is done to a study that runs. */
export interface Fault {
  readonly what: string;
  /** What a study must have for it. */
  readonly needs: Partial<StudySettings>;
  /** Null: nobody was there to be hit; it is to be tried again. */
  inject(study: StudyUnderFaults, random: RandomStream): Promise<Hit | null>;
}

export type FaultKind = keyof typeof faults;

const between = (random: RandomStream, least: number, most: number) =>
  least + (most - least) * random.uniform();

function oneOf<T>(all: readonly T[], random: RandomStream): T | null {
  return all.length === 0 ? null : (all[random.integer(all.length)] ?? null);
}

async function hitTrials(study: StudyUnderFaults, condition: string): Promise<readonly HitTrial[]> {
  const rows = await study.query(
    `select number, attempt::int from nascent.trials where ${condition} order by number`,
  );
  return rows.map(({ number, attempt }) => ({ number: Number(number), attempt: Number(attempt) }));
}

const inHandOf = (pid: number) => `state = 'running' and (owner::json->>'pid')::int = ${pid}`;

/** A worker that has something in hand. */
async function busyWorker(
  study: StudyUnderFaults,
  random: RandomStream,
  among: readonly SupervisedProcess[] = study.workers,
): Promise<{ readonly worker: SupervisedProcess; readonly trials: readonly HitTrial[] } | null> {
  const worker = oneOf(
    among.filter(({ up }) => up),
    random,
  );
  if (worker === null || worker.pid === null) return null;
  const trials = await hitTrials(study, inHandOf(worker.pid));
  return trials.length === 0 ? null : { worker, trials };
}

async function killWorker(study: StudyUnderFaults, random: RandomStream): Promise<Hit | null> {
  const busy = await busyWorker(study, random);
  if (busy === null) return null;
  busy.worker.signal('SIGKILL');
  return { trials: busy.trials, fromMs: Date.now(), recovered: 'run' };
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (thrown) {
      // A backend that ended meanwhile.
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown;
    }
  }
}

export const faults = {
  'worker-kill': { what: 'SIGKILL of a worker', needs: {}, inject: killWorker },

  'controller-kill': {
    what: 'SIGKILL of a controller with its replicas',
    needs: {},
    async inject(study, random) {
      const controller = oneOf(
        study.controllers.filter(({ up }) => up),
        random,
      );
      if (controller === null || controller.pid === null) return null;
      const trials = await hitTrials(
        study,
        `consumed is null and replica in
           (select replica from nascent.replicas where (owner::json->>'pid')::int = ${controller.pid})`,
      );
      if (trials.length === 0) return null;
      controller.signal('SIGKILL');
      return { trials, fromMs: Date.now(), recovered: 'learned' };
    },
  },

  'postgres-kill': {
    what: 'SIGKILL of PostgreSQL, all its processes, away for up to 3 s',
    needs: {},
    async inject(study, random) {
      const trials = await hitTrials(study, "state = 'running'");
      if (trials.length === 0) return null;
      const postmaster = await postmasterOf(study.ground);
      killAll([postmaster, ...(await childrenOf(postmaster))]);
      await sleep(between(random, 0, 3000));
      await study.ground.server.restart();
      return { trials, fromMs: Date.now(), recovered: 'run' };
    },
  },

  'worker-stop': {
    what: 'SIGSTOP of a worker for 1.5 to 4 times its lock, then SIGCONT',
    needs: {},
    async inject(study, random) {
      const busy = await busyWorker(study, random);
      if (busy === null) return null;
      const fromMs = Date.now();
      busy.worker.signal('SIGSTOP');
      await sleep(between(random, 1.5 * lockMs, 4 * lockMs));
      busy.worker.signal('SIGCONT');
      return { trials: busy.trials, fromMs, recovered: 'run' };
    },
  },

  'queue-drop': {
    what: 'the whole queue dropped while everybody works',
    needs: {},
    async inject(study) {
      const trials = await hitTrials(study, "state in ('queued', 'running')");
      if (trials.length === 0) return null;
      const fromMs = Date.now();
      for (;;) {
        try {
          await study.query('drop schema if exists nascent_queue cascade');
          return { trials, fromMs, recovered: 'run' };
        } catch (thrown) {
          // Those who work hold locks of its tables in another order: the server gave up one of the two.
          if (!(thrown instanceof Error && 'code' in thrown && thrown.code === '40P01')) throw thrown;
        }
      }
    },
  },

  'clock-skew': {
    what: 'SIGKILL of a worker while clocks are up to 20 minutes apart',
    needs: { skewed: true },
    inject: killWorker,
  },

  'network-cut': {
    what: 'network of a worker cut for 0.2 to 5 times its lock',
    needs: { overNetwork: true },
    async inject(study, random) {
      const { remote } = study;
      if (remote === null) throw new Error('this study has no worker behind a cable');
      const busy = await busyWorker(study, random, [remote.worker]);
      if (busy === null) return null;
      const fromMs = Date.now();
      remote.machine.cut();
      // Shorter than the lock as often as longer.
      await sleep(
        random.uniform() < 0.5 ? between(random, 0.2, 0.9) * lockMs : between(random, 1.5, 5) * lockMs,
      );
      remote.machine.mend();
      return { trials: busy.trials, fromMs, recovered: 'run' };
    },
  },

  'workers-gone': {
    what: 'SIGKILL of all workers, nobody there for up to 4 s, then back',
    needs: {},
    async inject(study, random) {
      const trials = await hitTrials(study, "state = 'running'");
      if (trials.length === 0) return null;
      const away = sleep(between(random, 0, 4000));
      for (const worker of study.workers) worker.killUntil(away);
      await away;
      // From when one has joined again: how long a process takes to start is not what is asked.
      while (!study.workers.some(({ up }) => up)) await sleep(20);
      return { trials, fromMs: Date.now(), recovered: 'run' };
    },
  },

  'postgres-full': {
    what: 'the disk of PostgreSQL’s tables full for 0.5 to 4 s',
    needs: { smallDisk: true },
    async inject(study, random) {
      const { disk } = study;
      if (disk === null) throw new Error('the tables of this study are not on a disk of their own');
      disk.fill(0);
      try {
        await sleep(between(random, heartbeatMs, 10 * heartbeatMs));
      } finally {
        disk.free();
      }
      const trials = await hitTrials(study, 'consumed is null');
      return { trials, fromMs: Date.now(), recovered: 'learned' };
    },
  },
} satisfies Readonly<Record<string, Fault>>;

export const faultKinds = Object.keys(faults) as FaultKind[];
