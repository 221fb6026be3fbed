import { describe, expect, it } from 'vitest';
import { factsOf, runOf } from '../../../test/fixtures/comparisons/comparison.ts';
import { analyseComparison } from './analysis.ts';

/** The finding on a strategy whose final scores differ from random search's by so many points, seed by seed. */
function finding(
  points: readonly number[],
  metric: 'accuracy' | 'perplexity' = 'accuracy',
): string | undefined {
  const perplexity = metric === 'perplexity';
  const runs = points.flatMap((difference, seed) => {
    const base = perplexity ? 100 : 0.9;
    const other = perplexity ? base - difference : base + difference / 100;
    return [
      runOf('random', seed, [['a', base, base]], { perplexity }),
      runOf('strong', seed, [['b', base, other]], { perplexity }),
    ];
  });
  return analyseComparison(factsOf(['random', 'strong'], { metric }), runs).verdicts[0];
}

// SciPy (test/scipy/reference.py, "clear"): p = 5.7e-05, interval [0.2323, 0.4497].
const clear = [0.41, 0.22, 0.57, 0.35, 0.11, 0.48, 0.3, 0.26, 0.52, 0.19];

describe('finding', () => {
  it('better', () => {
    expect(finding(clear)).toBe(
      'strong beats random by 0.34 points [0.23, 0.45], p = 5.7e-5, 10 paired seeds.',
    );
  });

  it('worse is the same the other way round', () => {
    expect(finding(clear.map((value) => -value))).toBe(
      'strong is behind random by 0.34 points [0.23, 0.45], p = 5.7e-5, 10 paired seeds.',
    );
  });

  it('a lower perplexity is better', () => {
    expect(finding(clear, 'perplexity')).toBe(
      'strong beats random by 0.34 perplexity [0.23, 0.45], p = 5.7e-5, 10 paired seeds.',
    );
  });

  it('where nothing is shown, nothing is claimed', () => {
    // SciPy ("noise"): p = 0.97, interval [-0.168, 0.163].
    const noise = [0.41, -0.38, 0.07, -0.25, 0.31, -0.02, 0.18, -0.29, 0, 0.05, -0.11];
    expect(finding(noise)).toBe(
      'No difference shown between strong and random: 0.00 points [−0.17, 0.16], p = 0.97, 11 paired seeds.',
    );
  });

  it('five pairs cannot be confirmed by sign flips, and it says so', () => {
    // SciPy ("five"): p = 0.013.
    expect(finding([0.9, 1.4, 0.2, 0.7, 1.1])).toBe(
      'strong beats random by 0.86 points [0.30, 1.42], p = 0.013, 5 paired seeds. ' +
        'The sign-flip test cannot confirm it: with 5 pairs its p is never below 0.063.',
    );
  });

  it('one pair says nothing', () => {
    expect(finding([0.5])).toBe(
      'strong and random: one paired seed. Its difference of 0.50 points has no interval and no test, and says ' +
        'nothing of the two strategies.',
    );
  });

  it('no pair, no comparison', () => {
    const runs = [runOf('random', 1, [['a', 0.5, 0.5]]), runOf('strong', 2, [['a', 0.5, 0.5]])];
    expect(analyseComparison(factsOf(['random', 'strong']), runs).verdicts).toEqual([
      'strong and random: no seed in common with a score in both, so they are not compared.',
    ]);
  });
});
