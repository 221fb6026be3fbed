import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { isUnavailable, type StoreUnavailableError } from '../store/errors.ts';
import { isUrl, openStore } from '../store/open-store.ts';
import type { WorkerCapability } from '../store/shared-store.ts';
import type { Store, StudyRecord } from '../store/store.ts';
import type { StudyConfig } from '../study/config.ts';
import { EvaluatorFailedError } from '../study/errors.ts';
import type { EvaluatorPool } from '../study/evaluator-pool.ts';
import { evaluateTrial, type JobEnd, type TrialDesk } from '../study/shared/evaluate-trial.ts';
import { sharedCurves } from '../study/shared/shared-curves.ts';
import type { TrialJob, TrialQueue } from '../study/shared/trial-queue.ts';
import { thisProcess } from '../study/this-process.ts';
import { nascentVersion } from '../version.ts';
import { allowedEvaluator } from './allowed-evaluator.ts';
import { checkpointFolder } from './checkpoint-folder.ts';
import { isComplete, readSharedStudy, refuseOtherData } from './join-study.ts';
import { inTime, metricsText } from './metrics.ts';
import { type MetricsServer, openMetricsServer } from './metrics-server.ts';
import { openEvaluatorPool } from './open-evaluator-pool.ts';
import { consumeTrials, DEFAULT_HEARTBEAT_MS } from './queue/consume-trials.ts';
import { openTrialQueue } from './queue/open-trial-queue.ts';
import { WorkerNeedsServerError } from './remote-worker-errors.ts';
import { threadsPerWorker } from './worker-environment.ts';
import type { WorkerLog } from './worker-log.ts';
import { WorkerTally } from './worker-tally.ts';

export interface RemoteWorkerOptions {
  /** URL of a study on a PostgreSQL server. */
  readonly study: string;
  /** Children trained at once; 1 by default. */
  readonly slots?: number;
  /** Engine threads of each slot; default: cores ÷ slots. */
  readonly threads?: number | undefined;
  /** Where children are trained: `cuda:1`, or `cuda:0,cuda:1`, which the slots take in turn. Default: the processor. */
  readonly device?: string | undefined;
  /** Relative paths in the evaluator's options and in `allow` start here. */
  readonly directory: string;
  /** Evaluators that are not built in and that this worker may run: files or packages. */
  readonly allow?: readonly string[];
  /** A folder that all machines of the study see, for checkpoints of long children. */
  readonly sharedFolder?: string | undefined;
  /** Leaving waits for what is in training, instead of handing it back. */
  readonly finishOnLeave?: boolean;
  /** Stays when the study is complete. */
  readonly stay?: boolean;
  /** Between signs of life; 5000 by default. */
  readonly heartbeatMs?: number;
  /** Aborted to leave. */
  readonly signal: AbortSignal;
  readonly log: WorkerLog;
  /** Default: no metrics are served. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
}

export interface RemoteWorkerSummary {
  readonly worker: string;
  readonly why: 'asked' | 'complete';
  /** How many trials it has finished. */
  readonly finished: number;
}

/** Connections to the database besides those of the queue. */
const connections = 3;
const statementTimeoutMs = 30_000;
/** Prometheus waits for 10 s. */
const countsWithinMs = 2000;

/**
 * Joins a shared study and evaluates its trials until the study is complete or it is asked to leave. While the database is
 * away, it goes on with what is in training and stores the result when the database is back.
 * @throws WorkerNeedsServerError, WorkerTooOldError, StudyNotSharedError, EvaluatorNotAllowedError, EvaluatorDiffersError,
 *   DatasetDiffersError, WorkerStartError, EvaluatorFailedError, MetricsPortError and the errors of `store/errors.ts`
 */
export async function runRemoteWorker(options: RemoteWorkerOptions): Promise<RemoteWorkerSummary> {
  if (!isUrl(options.study)) throw new WorkerNeedsServerError(options.study);
  const store = await openStore(options.study, { access: 'write', connections, statementTimeoutMs });
  try {
    const { study, config } = await readSharedStudy(store, options.study);
    const pool = await openPool(options, study, config, store.location);
    try {
      return await new RemoteWorker(options, store, study, config, pool).run();
    } finally {
      await pool.close();
    }
  } finally {
    await store.close();
  }
}

async function openPool(
  { slots = 1, threads, device, directory, allow = [], sharedFolder }: RemoteWorkerOptions,
  study: StudyRecord,
  config: StudyConfig,
  location: string,
): Promise<EvaluatorPool> {
  const evaluator = await allowedEvaluator(config, study, { allow, directory }, location);
  return openEvaluatorPool({
    workers: slots,
    threads: threads ?? threadsPerWorker(slots),
    evaluator,
    configDirectory: directory,
    device,
    checkpointDirectory: sharedFolder === undefined ? undefined : checkpointFolder(sharedFolder, study.name),
    limits: config.limits,
  });
}

/** One process that evaluates trials of a shared study. */
class RemoteWorker {
  readonly #options: RemoteWorkerOptions;
  readonly #store: Store;
  readonly #study: StudyRecord;
  readonly #config: StudyConfig;
  readonly #pool: EvaluatorPool;
  readonly #name: string;
  readonly #log: WorkerLog;
  readonly #tally = new WorkerTally();
  readonly #process = thisProcess().identity;
  readonly #evaluatorWorks = { value: false };
  /** Aborted: what is in training is handed back. */
  readonly #handBack = new AbortController();
  /** Resolved when this worker is to end, with why. */
  readonly #ending: Promise<'asked' | 'complete' | 'failed'>;
  #end: (why: 'asked' | 'complete' | 'failed') => void = () => {};
  #failure: { readonly thrown: unknown } | null = null;
  /** When the database stopped to answer. */
  #awaySinceMs: number | null = null;

  constructor(
    options: RemoteWorkerOptions,
    store: Store,
    study: StudyRecord,
    config: StudyConfig,
    pool: EvaluatorPool,
  ) {
    this.#options = options;
    this.#store = store;
    this.#study = study;
    this.#config = config;
    this.#pool = pool;
    this.#name = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
    this.#log = options.log.about({ study: study.name, worker: this.#name });
    this.#ending = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async run(): Promise<RemoteWorkerSummary> {
    const { signal, study: url } = this.#options;
    const asked = (): void => this.#end('asked');
    signal.addEventListener('abort', asked, { once: true });
    if (signal.aborted) asked();
    try {
      const queue = await openTrialQueue(url, this.#study.id);
      try {
        // Before it joins: a port that is taken shall leave no worker behind that seems to live.
        const metrics = await this.#serveMetrics(queue.counts);
        try {
          if (!(await this.#join())) return { worker: this.#name, why: 'asked', finished: 0 };
          return await this.#work(queue);
        } finally {
          await metrics?.close();
        }
      } finally {
        await queue.close();
      }
    } finally {
      signal.removeEventListener('abort', asked);
    }
  }

  async #work(queue: TrialQueue): Promise<RemoteWorkerSummary> {
    const { study: url, slots = 1, heartbeatMs = DEFAULT_HEARTBEAT_MS } = this.#options;
    const desk: TrialDesk = {
      store: this.#store,
      study: this.#study,
      config: this.#config,
      pool: this.#pool,
      queue,
      worker: { name: this.#name, process: this.#process, device: this.#options.device },
      curves: sharedCurves(this.#store, this.#study, this.#config),
      onUnavailable: (error) => this.#unavailable(error),
    };
    const stopBeating = new AbortController();
    const beating = this.#beat(stopBeating.signal);
    const consumer = consumeTrials(url, this.#study.id, {
      slots,
      heartbeatMs,
      handler: (job) => this.#evaluate(desk, job),
      onUnavailable: (error) => this.#unavailable(error),
      onProblem: (problem) => this.#log.log('debug', 'queue-problem', `the queue: ${messageOf(problem)}`),
    });
    try {
      const why = await this.#ending;
      const finishes = why !== 'failed' && this.#options.finishOnLeave === true;
      this.#sayEnding(why, finishes);
      if (!finishes) this.#handBack.abort();
      await consumer.close();
    } finally {
      stopBeating.abort();
      await beating;
    }
    await this.#leave();
    if (this.#failure !== null) throw this.#failure.thrown;
    const why = (await this.#ending) === 'complete' ? 'complete' : 'asked';
    return { worker: this.#name, why, finished: this.#tally.ends('finished') };
  }

  /** False: it was asked to leave while the evaluator was being loaded. */
  async #join(): Promise<boolean> {
    const { slots = 1, threads, device = 'cpu' } = this.#options;
    const facts = await Promise.race([this.#pool.ready(), this.#ending]);
    if (typeof facts === 'string') return false;
    await refuseOtherData(this.#store, this.#study, this.#config, facts);
    const capability: WorkerCapability = {
      slots,
      threads: threads ?? threadsPerWorker(slots),
      device,
      version: nascentVersion(),
      datasetChecksum: facts.datasetChecksum,
    };
    await this.#store.shared.joinWorker(this.#study.id, this.#name, this.#process, capability);
    this.#tally.beat();
    const at = `${slots} slot${slots === 1 ? '' : 's'} of ${capability.threads} threads on ${device}`;
    this.#log.log('info', 'joined', `joined ${this.#store.location} with ${at}`, { slots, device });
    return true;
  }

  async #evaluate(desk: TrialDesk, job: TrialJob): Promise<void> {
    const { number: trial, attempt } = job;
    this.#tally.begin(job);
    this.#log.log('debug', 'trial-begun', `trial ${trial}, attempt ${attempt}: begun`, { trial, attempt });
    try {
      const end = await evaluateTrial(desk, job, this.#handBack.signal, this.#evaluatorWorks);
      const seconds = this.#tally.end(job, end);
      const level = end === 'requeued' ? 'warn' : 'info';
      const words = `trial ${trial}, attempt ${attempt}: ${wordsOf[end]} after ${seconds.toFixed(1)} s`;
      this.#log.log(level, 'trial-ended', words, { trial, attempt, end, seconds });
    } catch (thrown) {
      this.#tally.end(job, null);
      if (!isUnavailable(thrown)) this.#fail(thrown);
      // Then it was handed back already; whatever else happened, the job shall come again.
      if (!(thrown instanceof EvaluatorFailedError)) throw thrown;
    }
  }

  /** Heartbeats, and now and then the question whether anything is left to do. */
  async #beat(stop: AbortSignal): Promise<void> {
    const { heartbeatMs = DEFAULT_HEARTBEAT_MS, stay = false } = this.#options;
    while (!stop.aborted) {
      await sleep(heartbeatMs, undefined, { signal: stop }).catch(() => {});
      if (stop.aborted) return;
      try {
        await this.#store.shared.beatWorker(this.#study.id, this.#name, this.#tally.activity);
        this.#tally.beat();
        this.#reachable();
        const idle = this.#tally.running.length === 0;
        if (!stay && idle && (await isComplete(this.#store, this.#study))) this.#end('complete');
      } catch (thrown) {
        if (isUnavailable(thrown)) this.#unavailable(thrown);
        else this.#fail(thrown);
      }
    }
  }

  async #leave(): Promise<void> {
    const { shared } = this.#store;
    try {
      if (this.#failure !== null) {
        const message = messageOf(this.#failure.thrown);
        await this.#store.log(this.#study.id, 'worker-failed', { worker: this.#name, message });
      }
      await shared.beatWorker(this.#study.id, this.#name, this.#tally.activity);
      await shared.leaveWorker(this.#study.id, this.#name);
    } catch (thrown) {
      // It is found to be silent then. Nothing of a trial hangs on it.
      this.#log.log('warn', 'leave-not-stored', `left without the database's notice: ${messageOf(thrown)}`);
    }
  }

  #fail(thrown: unknown): void {
    this.#failure ??= { thrown };
    this.#tally.lastError = messageOf(thrown).slice(0, 500);
    this.#end('failed');
  }

  #unavailable(error: StoreUnavailableError): void {
    this.#tally.retried();
    if (this.#awaySinceMs !== null) return;
    this.#awaySinceMs = performance.now();
    this.#tally.lastError = error.message;
    this.#log.log(
      'warn',
      'database-away',
      `${error.message} Going on with what is in training, and trying again.`,
    );
  }

  #reachable(): void {
    if (this.#awaySinceMs === null) return;
    const seconds = (performance.now() - this.#awaySinceMs) / 1000;
    this.#awaySinceMs = null;
    this.#log.log('info', 'database-back', `the database is back after ${seconds.toFixed(0)} s`, { seconds });
  }

  #sayEnding(why: 'asked' | 'complete' | 'failed', finishes: boolean): void {
    const running = this.#tally.running.length;
    const children = `${running} ${running === 1 ? 'child' : 'children'} in training`;
    const rest = running === 0 ? '' : `: ${finishes ? 'finishing' : 'handing back'} ${children}`;
    const words = {
      asked: 'leaving',
      complete: 'the study is complete',
      failed: 'ending because of an error',
    }[why];
    this.#log.log(why === 'failed' ? 'error' : 'info', 'leaving', `${words}${rest}`, { why, running });
  }

  async #serveMetrics(
    counts: () => Promise<{ readonly waiting: number; readonly active: number }>,
  ): Promise<MetricsServer | null> {
    const { metrics, slots = 1, device = 'cpu' } = this.#options;
    if (metrics === undefined) return null;
    const facts = { study: this.#study.name, worker: this.#name, version: nascentVersion(), device, slots };
    const server = await openMetricsServer({
      ...metrics,
      // Of a database that does not answer, the numbers of this process tell: they must not wait for it.
      read: async () => metricsText(facts, this.#tally, await inTime(counts(), countsWithinMs)),
    });
    this.#log.log('info', 'metrics', `metrics at http://${metrics.host}:${server.port}/metrics`, {
      port: server.port,
    });
    return server;
  }
}

const wordsOf: Readonly<Record<JobEnd, string>> = {
  finished: 'finished',
  requeued: 'its child died or threw, to be tried again',
  'handed-back': 'handed back',
  'taken-back': 'taken back from a worker that is gone',
  obsolete: 'no longer wanted',
};
