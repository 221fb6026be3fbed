import { setMaxListeners } from 'node:events';
import type { EvaluationJob, EvaluatorPool, JobResult } from '../study/evaluator-pool.ts';
import type { EvaluatorReference } from './evaluator-module.ts';
import { threadsPerWorker } from './worker-environment.ts';
import { WorkerSlot } from './worker-slot.ts';

export interface ProcessPoolOptions {
  /** Worker processes, each one slot; at least 1. */
  readonly workers: number;
  /** Engine threads of each worker; default: cores ÷ workers. */
  readonly threads?: number | undefined;
  readonly evaluator: EvaluatorReference;
  /** Relative paths in the evaluator's options are relative to it. */
  readonly configDirectory: string;
  /**
   * Where children are trained, for example `cuda:1`; of several, `cuda:0,cuda:1`, the slots take turns. Default: the
   * processor.
   */
  readonly device?: string | undefined;
  /** A folder that all machines of the study see, for checkpoints; default: there is none. */
  readonly checkpointDirectory?: string | undefined;
  readonly limits?: {
    /** Wall-clock limit of one evaluation. Its signal is aborted then; after the grace time it is killed. */
    readonly secondsPerTrial?: number | undefined;
    /** Resident memory of a worker's process in MiB, engine and data included; watched on Linux only. */
    readonly memoryMiB?: number | undefined;
  };
  /** How long an evaluator whose signal was aborted may take to stop before its process is killed. */
  readonly graceMs?: number;
  /** Each line that a worker writes to standard output or error; default: only the last words are kept. */
  readonly onOutput?: (line: string) => void;
}

interface Waiting {
  take(slot: WorkerSlot): void;
}

/**
 * Long-lived worker processes, one per slot. Each loads the evaluator once. Whatever ends a process (a crash in
 * native code, the kernel's out-of-memory killer, a limit) ends the job that it was doing and no other; the
 * process is replaced. The processes end with this one, even if it is killed.
 */
export function openProcessPool(options: ProcessPoolOptions): EvaluatorPool {
  const {
    workers,
    configDirectory,
    device,
    checkpointDirectory,
    limits = {},
    graceMs = 5000,
    onOutput,
  } = options;
  const { module, options: evaluatorOptions } = options.evaluator;
  const threads = options.threads ?? threadsPerWorker(workers);
  const jobLimits = {
    secondsPerTrial: limits.secondsPerTrial ?? null,
    memoryMiB: limits.memoryMiB ?? null,
    graceMs,
  };
  const devices = device?.split(',');
  const slots = Array.from(
    { length: workers },
    (_, slot) =>
      new WorkerSlot({
        open: {
          kind: 'open',
          evaluator: { module, options: evaluatorOptions },
          configDirectory,
          threads,
          memoryMiB: jobLimits.memoryMiB,
          ...deviceOf(slot, devices),
          ...(checkpointDirectory === undefined ? {} : { checkpointDirectory }),
        },
        threads,
        memoryMiB: jobLimits.memoryMiB,
        ...(onOutput === undefined ? {} : { onOutput }),
      }),
  );
  const free = new Set(slots);
  const queue: Waiting[] = [];
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();

  const acquire = (signal: AbortSignal): Promise<WorkerSlot | null> => {
    if (signal.aborted) return Promise.resolve(null);
    const slot = [...free].find((candidate) => candidate.idle) ?? [...free][0];
    if (slot !== undefined) {
      free.delete(slot);
      return Promise.resolve(slot);
    }
    return new Promise((resolve) => {
      const give = () => {
        queue.splice(queue.indexOf(waiting), 1);
        resolve(null);
      };
      const waiting: Waiting = {
        take(given) {
          signal.removeEventListener('abort', give);
          resolve(given);
        },
      };
      queue.push(waiting);
      signal.addEventListener('abort', give, { once: true });
    });
  };
  const release = (slot: WorkerSlot) => {
    const next = queue.shift();
    if (next === undefined) free.add(slot);
    else next.take(slot);
  };

  const evaluate: EvaluatorPool['evaluate'] = async (job, { report, judge, signal }) => {
    const either = bothSignals(signal, closing.signal);
    try {
      const slot = await acquire(either.signal);
      if (slot === null) return { kind: 'cancelled' };
      try {
        const limits = jobLimits;
        return await slot.evaluate(job, { report, judge, signal: either.signal, limits, threads });
      } finally {
        release(slot);
      }
    } finally {
      either.unlink();
    }
  };

  return {
    slots: workers,
    async ready() {
      const [facts] = await Promise.all(slots.map((slot) => slot.ready()));
      if (facts === undefined) throw new Error('a pool has at least one worker');
      return facts;
    },
    evaluate(job: EvaluationJob, jobOptions): Promise<JobResult> {
      const result = evaluate(job, jobOptions);
      const settled = result.then(
        () => {},
        () => {},
      );
      running.add(settled);
      void settled.then(() => running.delete(settled));
      return result;
    },
    async close() {
      closing.abort();
      await Promise.all(running);
      await Promise.all(slots.map((slot) => slot.close()));
    },
  };
}

function deviceOf(slot: number, devices: readonly string[] | undefined): { readonly device?: string } {
  const device = devices?.[slot % devices.length]?.trim();
  return device === undefined ? {} : { device };
}

// AbortSignal.any keeps every derived signal alive as long as its sources in Node 20, and a study's signal
// lives as long as the study.
function bothSignals(one: AbortSignal, other: AbortSignal): { signal: AbortSignal; unlink(): void } {
  const either = new AbortController();
  const abort = () => either.abort();
  setMaxListeners(0, one, other); // one listener for each slot and each job that waits: not a leak
  if (one.aborted || other.aborted) abort();
  one.addEventListener('abort', abort);
  other.addEventListener('abort', abort);
  return {
    signal: either.signal,
    unlink() {
      one.removeEventListener('abort', abort);
      other.removeEventListener('abort', abort);
    },
  };
}
