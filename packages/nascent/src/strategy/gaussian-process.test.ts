import { getThreads, setThreads } from '@nascent/torch';
import { afterAll, describe, expect, it } from 'vitest';
import { chain } from '../../test/known-rewards.ts';
import type { Sample } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import { fitKernel } from './fit-kernel.ts';
import { gaussianProcess } from './gaussian-process.ts';
import { randomSearch } from './random.ts';

function told(options: unknown, trials: number) {
  const strategy = gaussianProcess(chain.space, options, 5);
  for (let number = 1; number <= trials; number++) {
    const [sample] = strategy.ask(1, chain.arguments) as [Sample];
    strategy.tell([{ number, sample, reward: chain.rewardOf(sample) }]);
  }
  return strategy;
}

describe('bayesian optimisation with a Gaussian process', () => {
  const threads = getThreads();
  afterAll(() => setThreads(threads));

  it('begins with uniform samples', () => {
    const uniform = randomSearch(chain.space, {}, 5).ask(8, chain.arguments);
    expect(gaussianProcess(chain.space, {}, 5).ask(8, chain.arguments)).toEqual(uniform);
  });

  it('while all rewards are equal it goes on with uniform samples', () => {
    const strategy = gaussianProcess(chain.space, { startup: 2 }, 5);
    const uniform = randomSearch(chain.space, {}, 5).ask(6, chain.arguments);
    for (const [k, sample] of uniform.entries()) {
      expect(strategy.ask(1, chain.arguments)).toEqual([sample]);
      strategy.tell([{ number: k + 1, sample, reward: 0.25 }]);
    }
  });

  it('several workers get different samples', () => {
    const ahead = told({}, 25).ask(10, chain.arguments);
    expect(new Set(ahead.map(sampleKey)).size).toBe(10);
  });

  it('the number of threads changes no bit, and stays what it was', () => {
    setThreads(1);
    const alone = told({}, 30).state();
    setThreads(2);
    expect(told({}, 30).state()).toEqual(alone);
    expect(getThreads()).toBe(2);
  });

  it('finds the optimum with no more than a dozen results to fit', () => {
    const strategy = gaussianProcess(chain.space, { points: 12 }, 5);
    const rewards: number[] = [];
    for (let number = 1; number <= 60; number++) {
      const [sample] = strategy.ask(1, chain.arguments) as [Sample];
      rewards.push(chain.rewardOf(sample));
      strategy.tell([{ number, sample, reward: chain.rewardOf(sample) }]);
    }
    expect(Math.max(...rewards)).toBe(1);
  });
});

describe('choice of a kernel', () => {
  it('a decision that does not matter loses weight against those that do', () => {
    const vectors = Array.from({ length: 80 }, (_, k) =>
      Int32Array.of(k % 4, Math.floor(k / 4) % 4, (k * 7) % 5),
    );
    const matters = vectors.map(([a = 0]) => a - 1.5);
    const kernel = fitKernel(vectors, ['first', 'second', 'third'], Float64Array.from(matters));
    const weight = (decision: string) => kernel.weights[decision] ?? 1;
    expect(weight('second')).toBeLessThan(weight('first'));
    expect(weight('third')).toBeLessThan(weight('first'));
  });
});
