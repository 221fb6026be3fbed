import { describe, expect, it } from 'vitest';
import { runOf, type ShortTrial } from '../../../test/fixtures/comparisons/comparison.ts';
import { randomStream } from '../../random.ts';
import { topKBySeconds, topKByTrials, topKCheckpoints, topKDifference, topKMeans } from './top-k.ts';

const means = (trials: readonly ShortTrial[], k: number, checkpoints: readonly number[]) => [
  ...topKMeans(runOf('s', 1, trials).trials, k, checkpoints, 'accuracy'),
];

describe('top-k mean', () => {
  it('is over the k best models so far', () => {
    const trials: ShortTrial[] = [
      ['a', 0.5],
      ['b', 0.25],
      ['c', 1],
      ['d', 0.75],
    ];
    expect(means(trials, 2, [1, 2, 3, 4])).toEqual([Number.NaN, 0.375, 0.75, 0.875]);
    expect(means(trials, 1, [1, 2, 3, 4])).toEqual([0.5, 0.5, 1, 1]);
  });

  it('counts an architecture once, however often it is sampled', () => {
    expect(
      means(
        [
          ['a', 1],
          ['a', 1],
          ['b', 0.5],
        ],
        2,
        [2, 3],
      ),
    ).toEqual([Number.NaN, 0.75]);
  });

  it('leaves failed children out, and takes the score of a later success', () => {
    expect(
      means(
        [
          ['a', null],
          ['a', 0.5],
        ],
        1,
        [1, 2],
      ),
    ).toEqual([Number.NaN, 0.5]);
  });

  it('takes the lowest perplexities', () => {
    const trials: ShortTrial[] = [
      ['a', 100],
      ['b', 80],
      ['c', 120],
    ];
    expect([...topKMeans(runOf('s', 1, trials).trials, 2, [3], 'perplexity')]).toEqual([90]);
  });

  it('of a run that has ended stays', () => {
    expect(means([['a', 0.5]], 1, [1, 9])).toEqual([0.5, 0.5]);
  });
});

describe('top-k curves', () => {
  /** [architecture, search score, final score, seconds] */
  const one: ShortTrial[] = [
    ['a', 0.5, null, 10],
    ['b', 0.75, null, 30],
    ['a', 0.5, null, 10],
    ['c', 0.25, null, 50],
  ];
  const two: ShortTrial[] = [
    ['d', 0.25, null, 40],
    ['e', 0.25, null, 60],
  ];
  const runs = [runOf('s', 1, one), runOf('s', 2, two)];
  const meanAt = ({ curve }: ReturnType<typeof topKByTrials>, x: number) =>
    curve.points[curve.x.indexOf(x)]?.mean;

  it('against trials › mean over runs; one that has ended keeps its models', () => {
    const curve = topKByTrials(runs, 1, 'accuracy', randomStream(1));
    expect([1, 2, 3, 4].map((trial) => meanAt(curve, trial))).toEqual([0.375, 0.5, 0.5, 0.5]);
  });

  it('against seconds › of the trials that are complete by then', () => {
    const curve = topKBySeconds(runs, 1, 'accuracy', 100, randomStream(1));
    expect(curve.curve.points[0]).toBeNull(); // nothing is complete at 0 s
    expect(meanAt(curve, 37.5)).toBe(0.5); // the second run has none yet
    expect(meanAt(curve, 40)).toBe(0.5); // 0.75 and 0.25
    expect(topKBySeconds(runs, 2, 'accuracy', 100, randomStream(1)).curve.points.at(-1)?.mean).toBe(0.4375);
  });
});

describe('checkpoints', () => {
  it('are every 400 models in long searches, as in the paper', () => {
    expect(topKCheckpoints(12_800).slice(0, 3)).toEqual([400, 800, 1200]);
    expect(topKCheckpoints(12_800)).toHaveLength(32);
  });

  it('are some 20 in short ones, the last trial among them', () => {
    expect(topKCheckpoints(110)).toEqual([...Array.from({ length: 21 }, (_, i) => 5 * (i + 1)), 110]);
    expect(topKCheckpoints(3)).toEqual([1, 2, 3]);
    expect(topKCheckpoints(0)).toEqual([]);
  });
});

describe('the paper’s figure', () => {
  const difference = (better: ShortTrial[], random: ShortTrial[], metric: 'accuracy' | 'perplexity') =>
    topKDifference([runOf('s', 4, better)], [runOf('random', 4, random)], 1, metric, randomStream(1))?.curve
      .points[0]?.mean;

  it('is positive where the strategy is better, for accuracy and for perplexity', () => {
    expect(difference([['a', 0.75]], [['b', 0.5]], 'accuracy')).toBe(0.25);
    expect(difference([['a', 80]], [['b', 100]], 'perplexity')).toBe(20);
  });

  it('pairs by seed and leaves other seeds out', () => {
    const ours = [runOf('s', 1, [['a', 0.5]]), runOf('s', 2, [['a', 0.75]]), runOf('s', 9, [['a', 0]])];
    const random = [runOf('random', 2, [['b', 0.5]]), runOf('random', 1, [['b', 0.25]])];
    const found = topKDifference(ours, random, 1, 'accuracy', randomStream(1));
    expect(found?.pairs).toBe(2);
    expect(found?.curve.points[0]?.mean).toBe(0.25);
  });

  it('is undefined without a common seed', () => {
    const ours = [runOf('s', 1, [['a', 0.5]])];
    expect(topKDifference(ours, [runOf('random', 2, [['a', 1]])], 1, 'accuracy', randomStream(1))).toBeNull();
  });
});
