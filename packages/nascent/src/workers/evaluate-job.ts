import { messageOf } from '../errors.ts';
import type { EpochReport, Evaluation, Outcome, Stopped } from '../evaluation/evaluation.ts';
import type { EvaluationJob, JobResult, WorkerFacts } from '../study/evaluator-pool.ts';
import { stopAfter } from '../study/stopping/stop-after.ts';
import { watchMemory } from './memory-watch.ts';
import type { Order, Word } from './messages.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface JobLimits {
  /** Wall-clock limit of one evaluation; null: none. */
  readonly secondsPerTrial: number | null;
  /** Resident memory of the worker's process, engine and data included; null: none. */
  readonly memoryMiB: number | null;
  /** How long an evaluator whose signal was aborted may take before its process is killed. */
  readonly graceMs: number;
}

export interface JobOptions {
  readonly report: (epoch: EpochReport) => void;
  readonly judge: ((curve: readonly EpochReport[]) => Stopped | null) | undefined;
  readonly signal: AbortSignal;
  readonly limits: JobLimits;
  readonly threads: number;
}

/** The worker died before the evaluator was called: not the child's doing, so the job may go to another worker. */
export type NeverBegun = { readonly kind: 'never-begun'; readonly detail: string };

const longestTimer = 2 ** 31 - 1; // setTimeout fires at once beyond it

/**
 * Runs one job on one worker and decides its fate. When the promise settles, the worker is either idle again or
 * has ended. Rejects only with what `report` or `judge` threw.
 */
export function evaluateJob(
  worker: WorkerProcess<Order, Word>,
  job: EvaluationJob,
  { report, judge, signal, limits, threads }: JobOptions,
): Promise<JobResult | NeverBegun> {
  const { trial, attempt } = job;
  const curve: EpochReport[] = [];
  const sentAt = performance.now();
  const stops: (() => void)[] = [];
  let begun = false;
  let outOfTime = false;
  let stopped: Stopped | null = null;
  let killedFor: Outcome | null = null;
  let faultOfReport: { readonly thrown: unknown } | null = null;

  return new Promise((resolve, reject) => {
    const after = (ms: number, act: () => void) => {
      const timer = setTimeout(act, Math.min(ms, longestTimer));
      stops.push(() => clearTimeout(timer));
    };
    const finish = (result: JobResult | NeverBegun) => {
      for (const stop of stops) stop();
      if (faultOfReport === null) resolve(result);
      else reject(faultOfReport.thrown);
    };
    const facts = (overheadMs: number): WorkerFacts => ({ threads, pid: worker.pid, overheadMs });
    const withoutAnswer = (outcome: Outcome): Evaluation => ({ outcome, curve, parameters: null, facts: {} });
    const ownOutcome = (outcome: Outcome): JobResult => ({
      kind: 'evaluated',
      evaluation: withoutAnswer(outcome),
      workerFacts: facts(0),
    });
    // The verdict stands, whatever the child did after it: the same curve always brings the same result.
    const stoppedResult = (outcome: Stopped, evaluation: Evaluation, overheadMs: number): JobResult => ({
      kind: 'evaluated',
      evaluation: stopAfter(evaluation, outcome),
      workerFacts: facts(overheadMs),
    });
    const timedOut = (): Outcome => ({ kind: 'timed-out', limitMs: (limits.secondsPerTrial ?? 0) * 1000 });

    const cancel = () => {
      worker.say({ kind: 'abort', trial, attempt, reason: 'cancelled' });
      after(limits.graceMs, () => worker.kill());
    };

    const stop = (outcome: Stopped) => {
      stopped = outcome;
      worker.say({ kind: 'stop', trial, attempt, outcome });
      after(limits.graceMs, () => worker.kill());
    };

    const hear = (word: Word) => {
      if (word.kind === 'opened' || word.kind === 'refused') return;
      if (word.trial !== trial || word.attempt !== attempt) return; // a late word of an old job
      switch (word.kind) {
        case 'begun':
          begun = true;
          return;
        case 'epoch':
          if (stopped !== null) return;
          curve.push(word.report);
          if (signal.aborted) return;
          try {
            report(word.report);
            const verdict = outOfTime ? null : (judge?.(curve) ?? null);
            if (verdict !== null) stop(verdict);
          } catch (thrown) {
            faultOfReport = { thrown };
            worker.kill();
          }
          return;
        case 'threw':
          if (signal.aborted) return finish({ kind: 'cancelled' });
          if (stopped !== null) return finish(stoppedResult(stopped, withoutAnswer(stopped), 0));
          return finish(outOfTime ? ownOutcome(timedOut()) : { kind: 'error', message: word.message });
        case 'evaluated': {
          if (signal.aborted) return finish({ kind: 'cancelled' });
          const { evaluation, evaluatorMs } = word;
          const overheadMs = Math.max(0, performance.now() - sentAt - evaluatorMs);
          if (stopped !== null) return finish(stoppedResult(stopped, evaluation, overheadMs));
          // An evaluator that was told to stop has not completed, whatever it calls what it has.
          const cut = outOfTime && evaluation.outcome.kind === 'completed';
          return finish({
            kind: 'evaluated',
            evaluation: cut ? { ...evaluation, outcome: timedOut() } : evaluation,
            workerFacts: facts(overheadMs),
          });
        }
      }
    };

    const ended = (description: string) => {
      if (signal.aborted) return finish({ kind: 'cancelled' });
      if (stopped !== null) return finish(stoppedResult(stopped, withoutAnswer(stopped), 0));
      if (killedFor !== null) return finish(ownOutcome(killedFor));
      return finish(
        begun ? { kind: 'crashed', detail: description } : { kind: 'never-begun', detail: description },
      );
    };

    worker.listener = { word: hear, ended };
    try {
      worker.say({ kind: 'evaluate', trial, attempt, seed: job.seed, architecture: job.architecture });
    } catch (thrown) {
      return finish({
        kind: 'error',
        message: `the architecture cannot be sent to a worker, it must be plain data: ${messageOf(thrown)}`,
      });
    }

    if (signal.aborted) cancel();
    else {
      signal.addEventListener('abort', cancel, { once: true });
      stops.push(() => signal.removeEventListener('abort', cancel));
    }
    if (limits.secondsPerTrial !== null) {
      after(limits.secondsPerTrial * 1000, () => {
        outOfTime = true;
        worker.say({ kind: 'abort', trial, attempt, reason: 'out-of-time' });
        after(limits.graceMs, () => {
          killedFor ??= timedOut();
          worker.kill();
        });
      });
    }
    const { memoryMiB } = limits;
    if (memoryMiB !== null) {
      const over = (foundMiB: number) => {
        const detail = `${Math.round(foundMiB)} MiB of resident memory, over the limit of ${memoryMiB} MiB`;
        killedFor ??= { kind: 'out-of-memory', detail };
        worker.kill();
      };
      stops.push(watchMemory(worker.pid, memoryMiB, over));
    }
  });
}
