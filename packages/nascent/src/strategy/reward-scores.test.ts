import { describe, expect, it } from 'vitest';
import { rewardScores } from './reward-scores.ts';

const rounded = (scores: Float64Array | null) =>
  scores && Array.from(scores, (score) => Number(score.toFixed(6)));

describe('scores of rewards', () => {
  it('standardised rewards keep their proportions', () => {
    expect(rounded(rewardScores([1, 2, 3, 6], 'standardised'))).toEqual([-1.069045, -0.534522, 0, 1.603567]);
  });

  it('ranks become normal quantiles, however far apart the rewards are', () => {
    // Φ⁻¹ of 1/6, 1/2, 5/6 is ∓0.967422 and 0; their deviation is 0.967422·√(2/3).
    const quantiles = [0, -1.224745, 1.224745];
    expect(rounded(rewardScores([0.9, 0.1, 0.91], 'rank'))).toEqual(quantiles);
    expect(rounded(rewardScores([5, -1000, 6], 'rank'))).toEqual(quantiles);
  });

  it('equal rewards share a rank', () => {
    const scores = rounded(rewardScores([0, 1, 0, 0, 1], 'rank'));
    expect(new Set(scores).size).toBe(2);
    expect(scores?.[0]).toBe(scores?.[3]);
  });

  it('rewards that are all equal say nothing', () => {
    expect(rewardScores([0.1, 0.1, 0.1], 'rank')).toBeNull();
    expect(rewardScores([0.1, 0.1, 0.1], 'standardised')).toBeNull();
  });
});
