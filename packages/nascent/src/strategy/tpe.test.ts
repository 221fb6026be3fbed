import { describe, expect, it } from 'vitest';
import { choice } from '../search-space/decision.ts';
import type { Sample } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import { defineSpace } from '../search-space/space.ts';
import { randomSearch } from './random.ts';
import { tpe } from './tpe.ts';

const space = defineSpace({
  name: 'pair',
  version: 1,
  decisions: { a: choice([0, 1, 2, 3]), b: choice([0, 1, 2, 3]) },
  *program(ask) {
    return [yield* ask.a(), yield* ask.b()];
  },
});
const pair = (a: number, b: number): Sample => ({
  space: space.identity,
  arguments: {},
  answers: [
    { kind: 'choice', decision: 'a', index: a },
    { kind: 'choice', decision: 'b', index: b },
  ],
});

describe('tree-structured Parzen estimator', () => {
  it('begins with uniform samples until enough has been told', () => {
    const uniform = randomSearch(space, {}, 9).ask(12, {});
    expect(tpe(space, { startup: 3 }, 9).ask(12, {})).toEqual(uniform);
  });

  it('of many candidates takes the one with the greatest l ÷ g', () => {
    // Of ten results two are good (γ = 0.2): both have a = 2 and b = 1 or 3. So l(a = 2) = 3/6; g(a = 2) = 1/12.
    // b = 1 was bad five times, b = 3 never: l ÷ g of (2, 3) is the greatest of all.
    const results = [pair(2, 1), pair(2, 3), pair(0, 1), pair(1, 1), pair(3, 1), pair(0, 1), pair(1, 1)]
      .concat([pair(0, 0), pair(1, 2), pair(3, 2)])
      .map((sample, k) => ({ number: k + 1, sample, reward: k < 2 ? 1 : 0 }));
    const options = { gamma: 0.2, candidates: 200, avoidRepeats: false };
    for (const candidate of ['sample', 'answer'] as const) {
      const strategy = tpe(space, { ...options, candidate }, 9);
      strategy.tell(results);
      expect(strategy.ask(5, {}).map(sampleKey)).toEqual(Array(5).fill(sampleKey(pair(2, 3))));
    }
    const fresh = tpe(space, { ...options, avoidRepeats: true }, 9);
    fresh.tell(results);
    expect(fresh.ask(1, {}).map(sampleKey)).toEqual([sampleKey(pair(2, 0))]); // next: b = 0, g = 2/12
  });
});
