import { messageOf } from '../errors.ts';
import { type Evaluator, factsOf } from '../evaluation/evaluator.ts';
import { parseEpochReport, parseEvaluation } from '../evaluation/parse.ts';
import type { EvaluatorPool } from '../study/evaluator-pool.ts';

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
    async evaluate(job, { report, signal }) {
      await acquire();
      const abort = new AbortController();
      const onAbort = () => abort.abort(signal.reason);
      const sources = [signal, closing.signal];
      for (const source of sources) source.addEventListener('abort', onAbort);
      const cancelled = () => sources.some((source) => source.aborted);
      let current = true;
      try {
        if (cancelled()) return { kind: 'cancelled' };
        const returned: unknown = await evaluator.evaluate(job.architecture, {
          seed: job.seed,
          report: (epoch) => {
            const parsed = parseEpochReport(epoch, `trial ${job.trial}`);
            if (current && !cancelled()) report(parsed);
          },
          signal: abort.signal,
        });
        const returnedAt = performance.now();
        if (cancelled()) return { kind: 'cancelled' };
        const evaluation = parseEvaluation(returned, `trial ${job.trial}`);
        const overheadMs = performance.now() - returnedAt;
        return { kind: 'evaluated', evaluation, workerFacts: { threads: 1, pid: process.pid, overheadMs } };
      } catch (thrown) {
        return cancelled() ? { kind: 'cancelled' } : { kind: 'error', message: messageOf(thrown) };
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
