"""The numbers of src/experiment/statistics/*.test.ts, made by SciPy: python3 reference.py > reference.numbers.json

Needs Python 3.11, scipy 1.17.1. Differences are scores (percent) of one strategy minus another, a pair for each seed.
"""
import json
from itertools import product
from scipy import stats

differences = {
    'clear': [0.41, 0.22, 0.57, 0.35, 0.11, 0.48, 0.30, 0.26, 0.52, 0.19],
    'noise': [0.41, -0.38, 0.07, -0.25, 0.31, -0.02, 0.18, -0.29, 0.0, 0.05, -0.11],
    'two': [0.3, 0.5],
    'five': [0.9, 1.4, 0.2, 0.7, 1.1],
    'many': [((i * 7919) % 1000) / 1000 - 0.3 for i in range(500)],
}

def paired(d):
    test = stats.ttest_1samp(d, 0)
    interval = test.confidence_interval(0.95)
    numbers = {
        'differences': d, 'mean': stats.tmean(d), 'std': stats.tstd(d), 't': test.statistic, 'p': test.pvalue,
        'low': interval.low, 'high': interval.high, 'dz': stats.tmean(d) / stats.tstd(d),
    }
    if len(d) <= 11:  # scipy.stats.permutation_test wants floats compared with a tolerance; so do we
        observed = abs(sum(d))
        flips = [abs(sum(s * x for s, x in zip(signs, d))) for signs in product((-1, 1), repeat=len(d))]
        numbers['signFlip'] = sum(f >= observed - 1e-12 for f in flips) / len(flips)
        scipys = stats.permutation_test((d,), lambda x, axis: x.sum(axis=axis), permutation_type='samples',
                                        alternative='two-sided', n_resamples=1e6, vectorized=True).pvalue
        assert abs(numbers['signFlip'] - scipys) < 1e-12, (numbers['signFlip'], scipys)
    return numbers

rankings = {
    'no ties': ([1, 2, 3, 4, 5, 6, 7], [2, 1, 4, 3, 7, 5, 6]),
    'ties in one': ([1, 1, 2, 3, 3, 4], [6, 5, 4, 3, 2, 1]),
    'ties in both': ([1, 1, 2, 2, 3, 3, 3, 4], [1, 1, 2, 1, 3, 3, 2, 2]),
    'many': ([(i * 37) % 101 for i in range(300)], [(i * 37) % 101 + (i * 53) % 67 for i in range(300)]),
}

print(json.dumps({
    'paired': {name: paired(d) for name, d in differences.items()},
    'kendall': {name: {'x': x, 'y': y, 'tau': stats.kendalltau(x, y, variant='b').statistic}
                for name, (x, y) in rankings.items()},
    'tails': [{'t': t, 'df': df, 'p': 2 * stats.t.sf(t, df)} for t, df in
              [(0.5, 1), (2.2, 4), (1.3, 9), (5, 9), (10, 99), (3, 499), (40, 499)]],
}))
