import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { type CompareStatus, comparisonLine, renderComparison } from './compare-view.ts';

const status: CompareStatus = {
  done: new Map([
    ['paper', 3],
    ['random', 9],
  ]),
  seeds: 10,
  running: [{ strategy: 'paper', seed: 4, trials: 17 }],
  trials: 100,
  elapsedMs: 5000,
  remainingMs: 65_000,
};

describe('the view of a comparison', () => {
  it('shows runs of each strategy, runs under way and the time left', () => {
    expect(renderComparison(status, 80, createColors(false))).toEqual([
      `${'█'.repeat(18)}${'░'.repeat(12)} 12/20 runs`,
      '5 s elapsed, about 1 min 05 s left',
      '  paper   3/10',
      '  random  9/10',
      '  paper, seed 4: trial 17/100',
    ]);
  });

  it('is one line for a log', () => {
    expect(comparisonLine(status)).toBe(
      '[12/20 runs] paper 3/10, random 9/10, 5 s elapsed, about 1 min 05 s left',
    );
    expect(comparisonLine({ ...status, remainingMs: null })).toMatch(/, 5 s elapsed$/);
  });

  it('has no line longer than the terminal is wide', () => {
    const long = { ...status, done: new Map([['a strategy with a very long label, too long to show', 1]]) };
    for (const line of renderComparison(long, 40, createColors(false)).slice(1))
      expect(line.length).toBeLessThanOrEqual(40);
  });
});
