"""The numbers of src/strategy/gaussian-posterior.test.ts and expected-improvement.test.ts, made by NumPy with explicit
inverses and determinants: python3 reference.py > reference.numbers.json

Needs Python 3.11, numpy 1.24.
"""
import json
import math
import numpy as np

# Seven observations and three points of five categorical answers each.
observed = [[0, 1, 2, 0, 1], [1, 1, 2, 0, 0], [0, 1, 0, 1, 1], [2, 0, 2, 0, 1], [0, 1, 2, 1, 1], [2, 2, 1, 0, 0], [1, 0, 0, 1, 0]]
asked = [[0, 1, 2, 0, 0], [2, 2, 2, 1, 0], [0, 1, 2, 0, 1]]
weights = [1.0, 0.25, 4.0, 1.0, 1.0]
targets = [1.2, -0.3, 0.4, 0.1, 0.9, -1.6, -0.7]
length_scale, noise = 2.5, 0.03

def distances(a, b):
    return [[sum(w for w, x, y in zip(weights, p, q) if x != y) for q in b] for p in a]

def kernel(d):
    return np.exp(-np.array(d) / length_scale)

def phi(z):
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

def Phi(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))

y = np.array(targets)
n = len(y)
K = kernel(distances(observed, observed)) + noise * np.eye(n)
inverse = np.linalg.inv(K)
variance = y @ inverse @ y / n
S = variance * K
log_likelihood = -0.5 * y @ np.linalg.inv(S) @ y - 0.5 * math.log(np.linalg.det(S)) - n / 2 * math.log(2 * math.pi)
cross = kernel(distances(observed, asked))
mean = cross.T @ inverse @ y
covariance = variance * (kernel(distances(asked, asked)) - cross.T @ inverse @ cross)
deviation = np.sqrt(np.diag(covariance))
best = 0.8
improvement = [(m - best) * Phi((m - best) / s) + s * phi((m - best) / s) for m, s in zip(mean, deviation)]

print(json.dumps({
    'observed': observed, 'asked': asked, 'weights': weights, 'targets': targets,
    'lengthScale': length_scale, 'noise': noise,
    'distances': distances(observed, observed), 'distancesTo': distances(observed, asked),
    'logLikelihood': log_likelihood, 'mean': mean.tolist(), 'deviation': deviation.tolist(),
    'best': best, 'improvement': improvement,
}, indent=1))
