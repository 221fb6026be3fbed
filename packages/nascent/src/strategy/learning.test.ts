import { describe, expect, it } from 'vitest';
import { KNOWN_REWARDS } from '../../test/known-rewards.ts';
import { learningRun } from '../../test/learning-run.ts';

// The ten-seed version, with the samples that it takes: bench/learning/controller-learns.md.
describe("the controller learns with the paper's settings", () => {
  it.each(KNOWN_REWARDS.flatMap((problem) => [1, 2].map((seed) => ({ ...problem, seed }))))(
    '$name › seed $seed › expected reward rises to 95 % of the optimum',
    { timeout: 120_000 },
    (problem) => {
      const run = learningRun(problem, { preset: 'paper' }, problem.seed, {
        target: 0.95,
        limit: 8_000,
        checkEvery: 400,
      });
      expect(run.initial).toBeLessThan(0.5);
      expect(run.final).toBeGreaterThanOrEqual(0.95);
      expect(run.samplesNeeded).not.toBeNull();
    },
  );
});
