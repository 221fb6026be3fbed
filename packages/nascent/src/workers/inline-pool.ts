import { messageOf } from '../errors.ts';
import { EarlyStop } from '../evaluation/early-stop.ts';
import type { EpochReport, Stopped } from '../evaluation/evaluation.ts';
import { type Evaluator, factsOf } from '../evaluation/evaluator.ts';
import { parseEpochReport, parseEvaluation } from '../evaluation/parse.ts';
import type { EvaluatorPool } from '../study/evaluator-pool.ts';
import { stopAfter } from '../study/stopping/stop-after.ts';

/**
 * Evaluates in this process: for evaluators that declare themselves `inline`, whose evaluation is a table
 * look-up or as quick. A crash in native code would end the study; nothing is limited or killed.
 * @param evaluator stays the caller's to dispose
 * @param slots evaluations at once; more than 1 helps only an evaluator that waits
 */
export function openInlinePool(evaluator: Evaluator, { slots = 1 }: { slots?: number } = {}): EvaluatorPool {
  const closing = new AbortController();
  const queue: (() => void)[] = [];
  let free = slots;
  const acquire = async () => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
  };
  const release = () => {
    const next = queue.shift();
    if (next === undefined) free++;
    else next();
  };

  return {
    slots,
    ready: async () => factsOf(evaluator),
    async evaluate(job, { report, judge, signal }) {
      await acquire();
      const abort = new AbortController();
      const onAbort = () => abort.abort(signal.reason);
      const sources = [signal, closing.signal];
      for (const source of sources) source.addEventListener('abort', onAbort);
      const cancelled = () => sources.some((source) => source.aborted);
      const stopped = () => stopOf(abort.signal);
      const workerFacts = (overheadMs: number) => ({ threads: 1, pid: process.pid, overheadMs });
      let current = true;
      const curve: EpochReport[] = [];
      try {
        if (cancelled()) return { kind: 'cancelled' };
        const returned: unknown = await evaluator.evaluate(job.architecture, {
          seed: job.seed,
          report: (epoch) => {
            const parsed = parseEpochReport(epoch, `trial ${job.trial}`);
            if (!current || cancelled() || stopped() !== null) return;
            curve.push(parsed);
            report(parsed);
            const outcome = judge?.(curve) ?? null;
            if (outcome !== null) abort.abort(new EarlyStop(outcome));
          },
          signal: abort.signal,
        });
        const returnedAt = performance.now();
        if (cancelled()) return { kind: 'cancelled' };
        const whole = parseEvaluation(returned, `trial ${job.trial}`);
        const outcome = stopped();
        const evaluation = outcome === null ? whole : stopAfter(whole, outcome);
        return { kind: 'evaluated', evaluation, workerFacts: workerFacts(performance.now() - returnedAt) };
      } catch (thrown) {
        if (cancelled()) return { kind: 'cancelled' };
        const outcome = stopped();
        if (outcome === null) return { kind: 'error', message: messageOf(thrown) };
        const evaluation = { outcome, curve, parameters: null, facts: {} };
        return { kind: 'evaluated', evaluation, workerFacts: workerFacts(0) };
      } finally {
        current = false;
        for (const source of sources) source.removeEventListener('abort', onAbort);
        release();
      }
    },
    async close() {
      closing.abort();
      for (const next of queue.splice(0)) next();
    },
  };
}

/** How the child was stopped early; null where it was not. */
function stopOf({ reason }: AbortSignal): Stopped | null {
  return reason instanceof EarlyStop ? reason.outcome : null;
}
