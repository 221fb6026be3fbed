import { describe, expect, it } from 'vitest';
import { randomStream } from '../random.ts';
import { learningProgress } from './learning-progress.ts';
import { bootstrapDifference, bootstrapMean } from './statistics/bootstrap.ts';

function normals(count: number, mean: number, name: string): number[] {
  const stream = randomStream('learning-progress.test', name);
  return Array.from({ length: count }, () => mean + stream.normal());
}

describe('bootstrap interval', () => {
  it('is as wide as the closed form for a normal mean', () => {
    const values = normals(400, 5, 'wide');
    const { estimate, low, high } = bootstrapMean(values, randomStream(1));
    const closedForm = 2 * 1.96 * (1 / Math.sqrt(400));
    expect(estimate).toBeCloseTo(values.reduce((a, b) => a + b) / 400, 12);
    expect((high - low) / closedForm).toBeGreaterThan(0.85);
    expect((high - low) / closedForm).toBeLessThan(1.15);
  });

  it('contains the true difference in about 95 of 100 cases', () => {
    let covered = 0;
    for (let i = 0; i < 100; i++) {
      const { low, high } = bootstrapDifference(
        normals(30, 0, `a${i}`),
        normals(30, 0.5, `b${i}`),
        randomStream(i),
      );
      if (low <= 0.5 && 0.5 <= high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(88);
    expect(covered).toBeLessThan(100);
  });
});

describe('learning progress', () => {
  it('says in words when the two thirds cannot be told apart', () => {
    const progress = learningProgress([0.3, 0.5, 0.4, 0.2, 0.4, 0.5, 0.31, 0.48, 0.41], 7);
    expect(progress?.distinguishable).toBe(false);
    expect(progress?.words).toMatch(/cannot be told apart with 3 trials each/);
  });

  it('sees a clear rise, and a clear fall', () => {
    const low = normals(12, 0, 'low');
    const high = normals(12, 5, 'high');
    expect(learningProgress([...low, ...normals(12, 2, 'mid'), ...high], 7)?.words).toMatch(/earns more/);
    expect(learningProgress([...high, ...normals(12, 2, 'mid'), ...low], 7)?.words).toMatch(/earns less/);
  });

  it('leaves the middle out when the trials do not divide by three', () => {
    const progress = learningProgress([0, 0, 0, 9, 1, 1, 1, 9, 2, 2, 2], 7);
    expect(progress?.first.estimate).toBe(0);
    expect(progress?.last.estimate).toBe(2);
  });

  it('gives nothing for fewer than nine trials', () => {
    expect(learningProgress([1, 2, 3, 4, 5, 6, 7, 8], 7)).toBeNull();
  });

  it('prints the same numbers for the same study', () => {
    const rewards = normals(30, 0, 'same');
    expect(learningProgress(rewards, 3)).toEqual(learningProgress(rewards, 3));
  });
});
