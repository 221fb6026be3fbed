import { liveTensors } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { numpy } from '../../test/gaussian-process/reference.ts';
import { hammingDistances } from './answer-features.ts';
import { expectedImprovement } from './expected-improvement.ts';
import { type Kernel, likeliestKernel, posterior } from './gaussian-posterior.ts';

const kernel: Kernel = { lengthScale: numpy.lengthScale, noise: numpy.noise };
const observed = {
  distances: Float64Array.from(numpy.distances.flat()),
  targets: Float64Array.from(numpy.targets),
};
const distancesTo = Float64Array.from(numpy.distancesTo.flat());
const close = (expected: readonly number[]) => expected.map((value) => expect.closeTo(value, 12));

describe('gaussian process', () => {
  it("mean and deviation are NumPy's", () => {
    const { mean, deviation } = posterior(observed, distancesTo, kernel);
    expect(mean).toEqual(close(numpy.mean));
    expect(deviation).toEqual(close(numpy.deviation));
  });

  it("the likelihood is NumPy's", () => {
    expect(likeliestKernel(observed, [kernel]).logLikelihood).toBeCloseTo(numpy.logLikelihood, 11);
  });

  it('of several kernels the likeliest is chosen, wherever it stands', () => {
    const others = [0.1, 1, 10].map((lengthScale) => ({ lengthScale, noise: 0.3 }));
    const alone = [kernel, ...others].map((one) => likeliestKernel(observed, [one]));
    const best = alone.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a));
    const found = likeliestKernel(observed, [kernel, ...others]);
    expect(found.kernel).toEqual(best.kernel);
    expect(found.logLikelihood).toBeCloseTo(best.logLikelihood, 12);
  });

  it('one observation has the closed form y·k ÷ (1 + noise)', () => {
    const [noise, distance, lengthScale, y] = [0.25, 2, 3, 1.5];
    const one = { distances: new Float64Array(1), targets: Float64Array.of(y) };
    const { mean, deviation } = posterior(one, Float64Array.of(distance), { lengthScale, noise });
    const k = Math.exp(-distance / lengthScale);
    expect(mean).toEqual(close([(y * k) / (1 + noise)]));
    const variance = (y ** 2 / (1 + noise)) * (1 - k ** 2 / (1 + noise));
    expect(deviation).toEqual(close([Math.sqrt(variance)]));
  });

  it('leaves no tensor behind', () => {
    const before = liveTensors();
    posterior(observed, distancesTo, kernel);
    likeliestKernel(observed, [kernel, kernel]);
    expect(liveTensors()).toBe(before);
  });
});

describe('weighted Hamming distance', () => {
  it("is NumPy's", () => {
    const vectors = (rows: readonly (readonly number[])[]) => rows.map((row) => Int32Array.from(row));
    const [seen, asked] = [vectors(numpy.observed), vectors(numpy.asked)];
    expect([...hammingDistances(seen, seen, numpy.weights)]).toEqual(numpy.distances.flat());
    expect([...hammingDistances(seen, asked, numpy.weights)]).toEqual(numpy.distancesTo.flat());
  });
});

describe('expected improvement', () => {
  it("is NumPy's", () => {
    expect(expectedImprovement(numpy.mean, numpy.deviation, numpy.best)).toEqual(close(numpy.improvement));
  });

  it('of a point that is known for certain is what it is better', () => {
    expect(expectedImprovement([1, 0.5], [0, 0], 0.75)).toEqual([0.25, 0]);
  });
});
