// An evaluator for measuring the machinery around children, not children: it waits for as long as a child of so many
// seconds would train, and looks its accuracy up in the table of NAS-Bench-201, where the options name one.
import { setTimeout as sleep } from 'node:timers/promises';

export const inline = true;

/**
 * @param options.seconds of a child, on average
 * @param options.spread durations are uniform in seconds · [1 − spread, 1 + spread]; 0 by default
 * @param options.faster how much faster the clock runs: a child of 60 s takes 60 ÷ faster; 1 by default
 * @param options.table options of the NAS-Bench-201 evaluator; absent: every child scores 0.5
 */
export default async function createEvaluator({ seconds, spread = 0, faster = 1, table }, surroundings) {
  const lookUp = table === undefined ? null : await openTable(table, surroundings);
  return {
    score: lookUp?.score ?? { split: 'validation', metric: 'accuracy' },
    inline: true,
    async evaluate(architecture, context) {
      // Of the trial's seed, so that an attempt takes as long as the one before it.
      const share = (context.seed % 1_000_003) / 1_000_003;
      const childSeconds = seconds * (1 + spread * (2 * share - 1));
      await sleep((1000 * childSeconds) / faster, undefined, { signal: context.signal }).catch(() => {});
      const facts = { childSeconds };
      if (lookUp !== null) {
        const evaluation = await lookUp.evaluate(architecture, context);
        return { ...evaluation, facts: { ...evaluation.facts, ...facts } };
      }
      const report = {
        epoch: 1,
        trainingLoss: 1,
        score: { split: 'validation', metric: 'accuracy', value: 0.5 },
        elapsedMs: 1000 * childSeconds,
      };
      context.report(report);
      return { outcome: { kind: 'completed' }, curve: [report], parameters: null, facts };
    },
    dispose: () => lookUp?.dispose(),
  };
}

async function openTable(options, surroundings) {
  const { createEvaluator: open } = await import('../../packages/nascent/dist/benchmark/nas-bench-201.js');
  return open(options, surroundings);
}
