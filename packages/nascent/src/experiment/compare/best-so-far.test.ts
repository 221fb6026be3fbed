import { describe, expect, it } from 'vitest';
import { runOf, type ShortTrial } from '../../../test/fixtures/comparisons/comparison.ts';
import { randomStream } from '../../random.ts';
import { bestSoFarBySeconds, bestSoFarByTrials, chosenTrial, incumbents } from './best-so-far.ts';

const stream = () => randomStream(1, 'test');
const run = (...trials: readonly ShortTrial[]) => runOf('s', 1, trials);

describe('incumbent', () => {
  it('is the best reward so far, the earliest of equals', () => {
    const { trials } = run(['a', 0.5], ['b', 0.4], ['c', 0.7], ['d', 0.7], ['e', 0.8]);
    expect([...incumbents(trials)]).toEqual([0, 0, 2, 2, 4]);
    expect(chosenTrial(trials)).toBe(4);
  });

  it('is chosen by reward, whatever its final score', () => {
    const curve = bestSoFarByTrials([run(['a', 0.5, 0.9], ['b', 0.6, 0.8])], 'test', stream());
    expect(curve.points.map((point) => point?.mean)).toEqual([0.9, 0.8]);
  });

  it('is never a child that was stopped early or failed, once there is another, whatever its reward', () => {
    const { trials } = run(['a', 0.9], ['b', 0.4], ['c', 0.5]);
    const stopped = { ...trials, score: [null, 0.4, 0.5] };
    expect([...incumbents(stopped)]).toEqual([0, 1, 2]);
  });

  it('of a run without trials is none', () => {
    expect(chosenTrial(run().trials)).toBeNull();
  });
});

describe('best so far against trials', () => {
  it('is the mean over runs; a run that has ended keeps its incumbent', () => {
    const long = run(['a', 0.2], ['b', 0.6], ['c', 0.4]);
    const short = run(['a', 0.4]);
    const { x, points } = bestSoFarByTrials([long, short], 'search', stream());
    expect(x).toEqual([1, 2, 3]);
    const means = points.map((point) => point?.mean ?? Number.NaN);
    for (const [at, expected] of [0.3, 0.5, 0.5].entries()) expect(means[at]).toBeCloseTo(expected, 12);
  });

  it('is undefined while every child has failed', () => {
    const { points } = bestSoFarByTrials([run(['a', null], ['b', 0.3])], 'search', stream());
    expect(points[0]).toBeNull();
    expect(points[1]).toMatchObject({ mean: 0.3, count: 1 });
  });

  it('of a long search has about 120 points, the last trial among them', () => {
    const trials = Array.from({ length: 1000 }, (_, at): ShortTrial => [`a${at}`, at / 1000]);
    const { x } = bestSoFarByTrials([runOf('s', 1, trials)], 'search', stream());
    expect(x.length).toBeLessThanOrEqual(121);
    expect(x.at(0)).toBe(1);
    expect(x.at(-1)).toBe(1000);
  });
});

describe('best so far against seconds', () => {
  it('is a step function, undefined before the first trial is complete', () => {
    const { x, points } = bestSoFarBySeconds(
      [run(['a', 0.2, null, 30], ['b', 0.6, null, 30])],
      'search',
      120,
      stream(),
    );
    const at = (second: number) => points[x.indexOf(second)]?.mean;
    expect(x.at(-1)).toBe(120);
    expect(at(29)).toBeUndefined();
    expect(at(30)).toBe(0.2);
    expect(at(59)).toBe(0.2);
    expect(at(60)).toBe(0.6);
    expect(at(120)).toBe(0.6);
  });

  it('has the last trial of a run that ends exactly at its budget, in spite of rounding', () => {
    const tenths = Array.from({ length: 10 }, (_, at): ShortTrial => [`a${at}`, at / 10, null, 0.1]);
    const { points } = bestSoFarBySeconds([runOf('s', 1, tenths)], 'search', 1, stream());
    expect(points.at(-1)?.mean).toBe(0.9);
  });
});
