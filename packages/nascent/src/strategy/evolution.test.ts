import { describe, expect, it } from 'vitest';
import { chain } from '../../test/known-rewards.ts';
import type { Sample } from '../search-space/sample.ts';
import { evolution } from './evolution.ts';
import { randomSearch } from './random.ts';

/** Answers in which two samples of the chain differ. */
const differences = (a: Sample, b: Sample) =>
  a.answers.filter((answer, i) => JSON.stringify(answer) !== JSON.stringify(b.answers[i])).length;

const told = (sample: Sample, number: number, reward: number) => ({ number, sample, reward });

describe('regularized evolution', () => {
  it('begins with as many uniform samples as the population holds', () => {
    const first = evolution(chain.space, { population: 6 }, 7).ask(6, chain.arguments);
    expect(first).toEqual(randomSearch(chain.space, {}, 7).ask(6, chain.arguments));
  });

  it('a child is one change of the best of the tournament', () => {
    // A tournament without replacement of the whole population always finds its best.
    const strategy = evolution(chain.space, { population: 5, sample: 5, replacement: false }, 7);
    const parents = strategy.ask(5, chain.arguments);
    strategy.tell(parents.map((sample, k) => told(sample, k + 1, k === 3 ? 1 : 0)));
    const best = parents[3] as Sample;
    for (const child of strategy.ask(40, chain.arguments)) expect(differences(best, child)).toBe(1);
  });

  it('the oldest leaves the population, however good it is', () => {
    const strategy = evolution(chain.space, { population: 3, sample: 3, replacement: false }, 7);
    const [first, ...others] = strategy.ask(3, chain.arguments) as [Sample, ...Sample[]];
    strategy.tell([told(first, 1, 10), ...others.map((sample, k) => told(sample, k + 2, 0))]);
    const [child] = strategy.ask(1, chain.arguments) as [Sample];
    expect(differences(first, child)).toBe(1);
    strategy.tell([told(child, 4, 5)]);
    for (const next of strategy.ask(20, chain.arguments)) expect(differences(child, next)).toBe(1);
  });

  it('with replacement the best takes part in a tournament with probability 1 − (1 − 1/P)^S', () => {
    const strategy = evolution(chain.space, { population: 4, sample: 2 }, 7);
    const parents = strategy.ask(4, chain.arguments);
    strategy.tell(parents.map((sample, k) => told(sample, k + 1, k)));
    const best = parents[3] as Sample;
    const children = strategy.ask(2000, chain.arguments);
    const share = children.filter((child) => differences(best, child) === 1).length / children.length;
    expect(Math.abs(share - (1 - (3 / 4) ** 2))).toBeLessThan(4 * Math.sqrt(0.25 / 2000)); // 4 standard errors
  });

  it('asked before anything is told it goes on with uniform samples', () => {
    const ahead = evolution(chain.space, { population: 2 }, 7).ask(5, chain.arguments);
    expect(ahead).toEqual(randomSearch(chain.space, {}, 7).ask(5, chain.arguments));
  });

  it('refuses a tournament without replacement that is larger than the population', () => {
    const options = { population: 5, sample: 6, replacement: false };
    expect(() => evolution(chain.space, options, 1)).toThrow(/larger than the population.*at sample/s);
  });
});
