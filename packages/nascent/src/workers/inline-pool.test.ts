import { describe, expect, it } from 'vitest';
import type { EpochReport, Evaluation } from '../evaluation/evaluation.ts';
import type { EvaluationContext, Evaluator } from '../evaluation/evaluator.ts';
import type { EvaluationJob } from '../study/evaluator-pool.ts';
import { openInlinePool } from './inline-pool.ts';

const epoch: EpochReport = {
  epoch: 1,
  trainingLoss: 1,
  score: { split: 'benchmark', metric: 'accuracy', value: 0.9 },
  elapsedMs: 0,
};
const evaluation: Evaluation = { outcome: { kind: 'completed' }, curve: [epoch], parameters: 3, facts: {} };

function evaluator(
  evaluate: (architecture: unknown, context: EvaluationContext) => Promise<unknown>,
): Evaluator {
  return {
    score: { split: 'benchmark', metric: 'accuracy' },
    inline: true,
    evaluate: evaluate as Evaluator['evaluate'], // some of them break the contract on purpose
    dispose() {},
  };
}
const job: EvaluationJob = { trial: 1, attempt: 1, architecture: 'table row', seed: 5 };
const quiet = () => ({ report() {}, signal: new AbortController().signal });

describe('inline pool', () => {
  it('evaluates in this process and reports', async () => {
    const pool = openInlinePool(
      evaluator(async (architecture, { seed, report }) => {
        report(epoch);
        return { ...evaluation, facts: { seed, isRow: Number(architecture === 'table row') } };
      }),
    );
    const reports: EpochReport[] = [];
    const result = await pool.evaluate(job, { ...quiet(), report: (report) => reports.push(report) });
    expect(result).toMatchObject({
      kind: 'evaluated',
      evaluation: { facts: { seed: 5, isRow: 1 } },
      workerFacts: { pid: process.pid },
    });
    expect(reports).toEqual([epoch]);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no such row')), 'no such row'],
    ['returns garbage', async () => ({ accuracy: 1 }), 'evaluation is not valid'],
  ])('an evaluator that %s is an error', async (_, evaluate, message) => {
    const result = await openInlinePool(evaluator(evaluate)).evaluate(job, quiet());
    expect(result).toMatchObject({ kind: 'error', message: expect.stringContaining(message) });
  });

  it.each([
    ['returns', async () => evaluation, 3],
    ['throws', (signal: AbortSignal) => Promise.reject(signal.reason), null],
  ])(
    'a child that is stopped early ends with its curve so far, where its evaluator %s',
    async (_, end, parameters) => {
      const outcome = { kind: 'stopped', epoch: 2, rule: 'asha', detail: 'hopeless' } as const;
      const curve = [1, 2, 3, 4].map((number) => ({ ...epoch, epoch: number }));
      const pool = openInlinePool(
        evaluator(async (__, { report, signal }) => {
          for (const point of curve) report(point);
          const ended = await end(signal);
          return { ...ended, curve, facts: { simulatedSeconds: 8 } };
        }),
      );
      const heard: number[] = [];
      const result = await pool.evaluate(job, {
        ...quiet(),
        report: (point) => heard.push(point.epoch),
        judge: (soFar) => (soFar.length === 2 ? outcome : null),
      });
      const facts = parameters === null ? {} : { simulatedSeconds: 4 };
      expect(result).toMatchObject({
        kind: 'evaluated',
        evaluation: { outcome, curve: curve.slice(0, 2), parameters, facts },
      });
      expect(heard).toEqual([1, 2]);
    },
  );

  it('runs so many at once as it has slots', async () => {
    let running = 0;
    let most = 0;
    const pool = openInlinePool(
      evaluator(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return evaluation;
      }),
      { slots: 2 },
    );
    await Promise.all([1, 2, 3, 4, 5].map((trial) => pool.evaluate({ ...job, trial }, quiet())));
    expect(most).toBe(2);
  });

  it('closing cancels what runs and what waits', async () => {
    const pool = openInlinePool(
      evaluator(
        (_, { signal }) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve(evaluation))),
      ),
    );
    const jobs = [1, 2].map((trial) => pool.evaluate({ ...job, trial }, quiet()));
    await Promise.resolve();
    await pool.close();
    expect(await Promise.all(jobs)).toEqual([{ kind: 'cancelled' }, { kind: 'cancelled' }]);
  });
});
