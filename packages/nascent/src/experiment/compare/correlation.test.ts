import { describe, expect, it } from 'vitest';
import { runOf } from '../../../test/fixtures/comparisons/comparison.ts';
import { fixtures } from '../../../test/fixtures/paths.ts';
import { readNasBench201 } from '../../benchmark/nas-bench-201-table.ts';
import { distinctScorePairs, searchToRetrain } from './correlation.ts';

describe('search-to-retrain correlation', () => {
  const search = Array.from({ length: 40 }, (_, i) => i);

  it('is over all, and over the best tenth by search-time score', () => {
    // In order everywhere, but reversed among the best four.
    const final = search.map((score) => (score >= 36 ? 75 - score : score));
    const { all, top } = searchToRetrain({ search, final }, 'accuracy');
    expect(all.architectures).toBe(40);
    expect(all.tau?.estimate).toBeCloseTo((780 - 2 * 6) / 780, 12);
    expect(top).toMatchObject({ architectures: 4, tau: { estimate: -1 } });
  });

  it('the best tenth has the lowest perplexities', () => {
    const final = search.map((score) => (score < 4 ? -score : score));
    expect(searchToRetrain({ search, final }, 'perplexity').top.tau?.estimate).toBe(-1);
    expect(searchToRetrain({ search, final }, 'accuracy').top.tau?.estimate).toBe(1);
  });

  it('of all cells of NAS-Bench-201 is SciPy’s', async () => {
    const { rows } = await readNasBench201({
      folder: 'nasbench201',
      file: 'nasbench201_cifar10.csv',
      path: 'nasbench201',
      configDirectory: fixtures.benchmarks,
    });
    const cells = [...rows.values()];
    const pairs = { search: cells.map((row) => row.validation12), final: cells.map((row) => row.test200) };
    const { all, top } = searchToRetrain(pairs, 'accuracy');
    // scipy.stats.kendalltau (1.17.1) of val12 and test200, of all cells and of the 1,563 with the best val12.
    expect(all.architectures).toBe(15_625);
    expect(all.tau?.estimate).toBeCloseTo(0.594499257769366, 10);
    expect(top.architectures).toBe(1563);
    expect(top.tau?.estimate).toBeCloseTo(0.5163906592847827, 10);
  });

  it('of too few is undefined', () => {
    expect(searchToRetrain({ search: [1], final: [1] }, 'accuracy')).toEqual({
      all: { architectures: 1, tau: null },
      top: { architectures: 1, tau: null },
    });
    expect(searchToRetrain({ search: [], final: [] }, 'accuracy').all).toEqual({
      architectures: 0,
      tau: null,
    });
  });
});

describe('scores of the architectures of some runs', () => {
  it('each architecture once, with its first search-time score, where it has both', () => {
    const runs = [
      runOf('x', 1, [
        ['a', 0.1, 0.9],
        ['b', null, 0.8],
        ['c', 0.3, null],
      ]),
      runOf('x', 2, [
        ['a', 0.2, 0.9],
        ['b', 0.4, 0.8],
      ]),
    ];
    expect(distinctScorePairs(runs, 'test')).toEqual({ search: [0.1, 0.4], final: [0.9, 0.8] });
  });
});
