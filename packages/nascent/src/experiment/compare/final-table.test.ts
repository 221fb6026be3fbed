import { describe, expect, it } from 'vitest';
import { factsOf, runOf } from '../../../test/fixtures/comparisons/comparison.ts';
import { NOT_MOVED } from '../../strategy/movement.ts';
import type { SearchRun } from '../../trial/search-run.ts';
import { everyPair, finalTable, referenceOf } from './final-table.ts';
import { DuplicateRunError, groupByStrategy, NoRunsError } from './strategy-runs.ts';

function tableOf(
  labels: readonly string[],
  runs: readonly SearchRun[],
  metric: 'accuracy' | 'perplexity' = 'accuracy',
) {
  const groups = groupByStrategy(factsOf(labels), runs);
  return finalTable(groups, referenceOf(groups), 'test', metric);
}

/** Three seeds of random search with final scores 0.5, 0.6, 0.7. */
const random = [1, 2, 3].map((seed) =>
  runOf('random', seed, [
    ['a', 0.4, 0.4 + seed / 10],
    ['b', 0.3, 0.99],
  ]),
);

describe('final table', () => {
  it('describes what the runs chose: the best reward, not the best final score', () => {
    const [row] = tableOf(['random'], random);
    expect(row).toMatchObject({
      strategy: 'random',
      description: 'random as usual',
      seeds: 3,
      againstReference: null,
    });
    expect(row?.scores.test?.mean).toBeCloseTo(0.6, 12);
    expect(row?.scores.test?.std).toBeCloseTo(0.1, 12);
    expect(row?.scores.test?.standardError).toBeCloseTo(0.1 / Math.sqrt(3), 12);
    expect(row?.scores.validation).toBeNull();
  });

  it('compares with random search, pair by pair', () => {
    const strong = [3, 1, 2].map((seed) => runOf('strong', seed, [['c', 0.9, 0.45 + seed / 10]]));
    const row = tableOf(['strong', 'random'], [...random, ...strong])[0];
    expect(row?.strategy).toBe('strong');
    expect(row?.againstReference?.comparison).toMatchObject({ pairs: 3 });
    // Every difference is 0.05 although the scores themselves spread by 0.1.
    expect(row?.againstReference?.comparison.mean).toBeCloseTo(0.05, 12);
    expect(row?.againstReference?.comparison.std).toBeCloseTo(0, 12);
  });

  it('pairs over the common seeds only', () => {
    const strong = [2, 3, 4, 5].map((seed) => runOf('strong', seed, [['c', 0.9, 0.8]]));
    const row = tableOf(['random', 'strong'], [...random, ...strong])[1];
    expect(row?.seeds).toBe(4);
    expect(row?.againstReference?.comparison.pairs).toBe(2);
    expect(row?.againstReference?.comparison.mean).toBeCloseTo((0.2 + 0.1) / 2, 12);
  });

  it('leaves a pair out where one of the two has no score', () => {
    const strong = [1, 2, 3].map((seed) => runOf('strong', seed, [['c', 0.9, seed === 1 ? null : 0.8]]));
    expect(tableOf(['random', 'strong'], [...random, ...strong])[1]?.againstReference?.comparison.pairs).toBe(
      2,
    );
  });

  it('is positive for a lower perplexity', () => {
    const runs = [
      runOf('random', 1, [['a', 100, 110]], { perplexity: true }),
      runOf('strong', 1, [['b', 80, 90]], { perplexity: true }),
    ];
    expect(tableOf(['random', 'strong'], runs, 'perplexity')[1]?.againstReference?.comparison.mean).toBe(20);
  });

  it('corrects p for the number of rivals, and not for the reference', () => {
    const rivals = ['x', 'y'].flatMap((label) =>
      [1, 2, 3].map((seed) => runOf(label, seed, [['c', 0.9, 0.8 + (seed * seed) / 50]])),
    );
    const rows = tableOf(['random', 'x', 'y'], [...random, ...rivals]);
    const [, x, y] = rows;
    expect(x?.againstReference?.family).toBe(2);
    expect(x?.againstReference?.correctedP).toBeCloseTo(
      2 * (x?.againstReference?.comparison.tTest?.p ?? 1),
      12,
    );
    expect(y?.againstReference?.correctedP).toBe(x?.againstReference?.correctedP);
  });

  it('counts trials, distinct architectures, repeats, seconds and the strategy’s own time', () => {
    const runs = [
      runOf(
        'random',
        1,
        [
          ['a', 0.1, null, 2],
          ['a', 0.1, null, 2],
          ['b', 0.2, null, 3],
        ],
        { strategyMs: 30 },
      ),
      runOf('random', 2, [['c', 0.1, null, 5]], { strategyMs: 10 }),
    ];
    expect(tableOf(['random'], runs)[0]).toMatchObject({
      trials: 2,
      distinctArchitectures: 1.5,
      repeats: 0.25,
      seconds: 6,
      strategyMsPerTrial: 10,
      policy: null,
    });
  });

  it('counts the runs whose controller has not moved', () => {
    const runs = [0.001, 2, 4].map((kl, at) =>
      runOf('paper', at, [['a', 0.5]], {
        policy: { updates: 4, entropy: 3, kl, note: kl < 0.01 ? NOT_MOVED : null },
      }),
    );
    expect(tableOf(['paper'], runs)[0]?.policy).toMatchObject({
      runs: 3,
      notMoved: 1,
      kl: { count: 3, mean: 2.0003333333333333 },
    });
  });

  it('takes runs without any trial', () => {
    const row = tableOf(['random'], [runOf('random', 1, [])])[0];
    expect(row).toMatchObject({ trials: 0, repeats: 0, strategyMsPerTrial: null });
    expect(row?.scores.search).toBeNull();
  });
});

describe('every pair', () => {
  it('is compared once, the first strategy minus the second', () => {
    const others = ['x', 'y'].flatMap((label, at) =>
      [1, 2].map((seed) => runOf(label, seed, [['c', 0.9, 0.8 + (at * seed) / 100]])),
    );
    const groups = groupByStrategy(factsOf(['random', 'x', 'y']), [...random, ...others]);
    const pairs = everyPair(groups, 'test', 'accuracy');
    expect(pairs.map(({ a, b }) => `${a} ${b}`)).toEqual(['random x', 'random y', 'x y']);
    expect(pairs[2]?.comparison.mean).toBeCloseTo(-0.015, 12);
    expect(pairs[2]?.family).toBe(3);
  });
});

describe('runs of a comparison', () => {
  it('are refused where a strategy has a seed twice', () => {
    const twice = [runOf('random', 3, [['a', 0.1]]), runOf('random', 3, [['b', 0.1]])];
    expect(() => groupByStrategy(factsOf(['random']), twice)).toThrow(DuplicateRunError);
    expect(() => groupByStrategy(factsOf(['random']), twice)).toThrow('two runs of "random" have the seed 3');
  });

  it('must be there at all', () => {
    expect(() => groupByStrategy(factsOf(['random']), [])).toThrow(NoRunsError);
  });

  it('stand in the order of the facts; strategies without runs are left out, unnamed ones come last', () => {
    const runs = [runOf('late', 1, []), runOf('b', 1, []), runOf('a', 1, [])];
    const groups = groupByStrategy(factsOf(['a', 'none', 'b']), runs);
    expect(groups.map(({ label }) => label)).toEqual(['a', 'b', 'late']);
  });

  it('the reference is random search, else the first', () => {
    const groups = groupByStrategy(factsOf(['a', 'random']), [runOf('a', 1, []), runOf('random', 1, [])]);
    expect(referenceOf(groups).label).toBe('random');
    expect(referenceOf(groups.slice(0, 1)).label).toBe('a');
  });
});
