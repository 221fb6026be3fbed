import { describe, expect, it } from 'vitest';
import { chain, conditional, KNOWN_REWARDS, type KnownRewards, skips } from '../../test/known-rewards.ts';
import { randomStream } from '../random.ts';
import type { Sample } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import { randomSearch } from './random.ts';
import { strategyNamed } from './registry.ts';
import { type Strategy, StrategyOptionsError, StrategyStateError } from './strategy.ts';

const RIVALS = ['evolution', 'local-search', 'tpe', 'gaussian-process'].map((name) => ({
  name,
  make: strategyNamed(name),
}));

/** Two searches that hold the same state ask the same from there on, and stay equal bit for bit. */
function expectSameFuture(known: KnownRewards, a: Strategy, b: Strategy, from: number): void {
  for (let k = 0; k < 12; k++) {
    const [sample] = a.ask(1, known.arguments) as [Sample];
    expect(b.ask(1, known.arguments)).toEqual([sample]);
    const result = { number: from + k, sample, reward: known.rewardOf(sample) };
    a.tell([result]);
    b.tell([result]);
  }
  expect(b.state()).toEqual(a.state());
}

/** Several workers: asks ahead, and tells in a random order, one or several at once. */
function searchOutOfOrder(known: KnownRewards, strategy: Strategy, trials: number): void {
  const stream = randomStream(5, 'workers');
  const running: { number: number; sample: Sample }[] = [];
  for (let number = 1; number <= trials; number++) {
    const [sample] = strategy.ask(1, known.arguments) as [Sample];
    running.push({ number, sample });
    while (running.length > 4) {
      const finished = Array.from({ length: 1 + stream.integer(2) }, () =>
        running.splice(stream.integer(running.length), 1),
      ).flat();
      strategy.tell(finished.map((trial) => ({ ...trial, reward: known.rewardOf(trial.sample) })));
    }
  }
}

describe.each(RIVALS)('$name', ({ name, make }) => {
  it.each([...KNOWN_REWARDS])('restored in the middle it goes on exactly › $name', (known) => {
    for (const trials of [3, 14, 37]) {
      const stopped = make(known.space, {}, 11);
      searchOutOfOrder(known, stopped, trials);
      const resumed = make(known.space, {}, 11);
      resumed.restore(stopped.state());
      expect(resumed.state()).toEqual(stopped.state());
      expectSameFuture(known, stopped, resumed, trials + 100);
    }
  });

  it('restored over a search of its own it forgets that', () => {
    const stopped = make(chain.space, {}, 11);
    searchOutOfOrder(chain, stopped, 20);
    const resumed = make(chain.space, {}, 11);
    searchOutOfOrder(chain, resumed, 33);
    resumed.restore(stopped.state());
    expectSameFuture(chain, stopped, resumed, 100);
  });

  it('the order inside one tell does not count', () => {
    const [a, b] = [make(conditional.space, {}, 2), make(conditional.space, {}, 2)];
    for (let number = 1; number <= 41; number += 8) {
      const samples = a.ask(8, conditional.arguments);
      expect(b.ask(8, conditional.arguments)).toEqual(samples);
      const results = samples.map((sample, k) => ({
        number: number + k,
        sample,
        reward: conditional.rewardOf(sample),
      }));
      a.tell(results);
      b.tell([...results].reverse());
      expect(b.state()).toEqual(a.state());
    }
  });

  it('several samples asked at once are those asked one by one', () => {
    const [a, b] = [make(skips.space, {}, 4), make(skips.space, {}, 4)];
    searchOutOfOrder(skips, a, 25);
    searchOutOfOrder(skips, b, 25);
    const single = Array.from({ length: 6 }, () => a.ask(1, skips.arguments)).flat();
    expect(b.ask(6, skips.arguments)).toEqual(single);
  });

  it('goes on when a layer schedule asks for deeper networks', () => {
    const strategy = make(chain.space, {}, 3);
    for (let number = 1; number <= 45; number++) {
      const args = { layers: 1 + Math.floor(number / 16) };
      const [sample] = strategy.ask(1, args) as [Sample];
      expect(sample.answers).toHaveLength(3 * args.layers);
      strategy.tell([{ number, sample, reward: chain.rewardOf(sample) }]);
    }
  });

  it('refuses results that it could not learn from, and then has learned nothing', () => {
    const strategy = make(chain.space, {}, 3);
    const [sample] = strategy.ask(1, chain.arguments) as [Sample];
    const [foreign] = randomSearch(skips.space, {}, 3).ask(1, skips.arguments) as [Sample];
    const before = strategy.state();
    const good = { number: 1, sample, reward: 0.5 };
    expect(() => strategy.tell([good, { number: 2, sample: foreign, reward: 0 }])).toThrow(/skips@1/);
    expect(() => strategy.tell([good, { number: 4, sample, reward: Number.NaN }])).toThrow(/trial 4.*NaN/s);
    const cut = { ...sample, answers: sample.answers.slice(1) };
    expect(() => strategy.tell([good, { number: 5, sample: cut, reward: 0 }])).toThrow(/answer 1 \(width/);
    expect(strategy.state()).toEqual(before);
  });

  it('refuses states of another strategy, space, seed or options, and bytes that are no state', () => {
    const strategy = make(chain.space, {}, 3);
    expect(() => strategy.restore(randomSearch(chain.space, {}, 3).state())).toThrow(/strategy "random"/);
    expect(() => strategy.restore(make(skips.space, {}, 3).state())).toThrow(/search space "skips@1/);
    expect(() => strategy.restore(make(chain.space, {}, 4).state())).toThrow(/the seed 4.*has 3/s);
    expect(() => strategy.restore(new Uint8Array([1, 2, 3]))).toThrow(StrategyStateError);
  });

  it('refuses a state whose samples are none of the space, and keeps its own', () => {
    const strategy = make(chain.space, {}, 3);
    searchOutOfOrder(chain, strategy, 12);
    const before = strategy.state();
    const damaged = new TextDecoder().decode(before).replace(/\{"layers":2\},\[\d/g, '{"layers":2},[9');
    expect(() => strategy.restore(new TextEncoder().encode(damaged))).toThrow(/none of the space "chain"/);
    expect(strategy.state()).toEqual(before);
  });

  it('refuses options, naming them', () => {
    expect(() => make(chain.space, { temprature: 2 }, 1)).toThrow(StrategyOptionsError);
    expect(() => make(chain.space, { temprature: 2 }, 1)).toThrow(new RegExp(`${name}.*temprature`, 's'));
  });

  it('claims no policy', () => {
    const strategy = make(chain.space, {}, 3);
    searchOutOfOrder(chain, strategy, 15);
    expect(strategy.summary()).toEqual({ samples: 15, updates: 0, baseline: null, entropy: null, kl: null });
  });

  // Means over eight seeds of the best of 60 trials, 20 seeds measured: random 0.71, 0.51, 0.63 on the three spaces;
  // the weakest rival on each 0.89, 0.77, 0.95.
  it.each([...KNOWN_REWARDS])('beats random search by a tenth of the optimum › $name', (known) => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const mean = (factory: typeof make) =>
      seeds.reduce((sum, seed) => sum + bestOf(known, factory(known.space, {}, seed), 60), 0) / seeds.length;
    expect(mean(make)).toBeGreaterThan(mean(randomSearch) + 0.1);
  });
});

function bestOf(known: KnownRewards, strategy: Strategy, trials: number): number {
  let best = 0;
  for (let number = 1; number <= trials; number++) {
    const [sample] = strategy.ask(1, known.arguments) as [Sample];
    const reward = known.rewardOf(sample);
    strategy.tell([{ number, sample, reward }]);
    best = Math.max(best, reward);
  }
  return best;
}

describe.each(RIVALS.filter(({ name }) => name !== 'evolution'))('$name', ({ make }) => {
  it('does not ask for a sample again', () => {
    const strategy = make(skips.space, {}, 6);
    const seen = new Set<string>();
    const startup = 20; // uniform ones may repeat
    for (let number = 1; number <= 150; number++) {
      const [sample] = strategy.ask(1, skips.arguments) as [Sample];
      if (number > startup) expect(seen, `trial ${number}`).not.toContain(sampleKey(sample));
      seen.add(sampleKey(sample));
      strategy.tell([{ number, sample, reward: skips.rewardOf(sample) }]);
    }
  });

  it('goes on with repeats when the space is exhausted', () => {
    const small = { ...chain, arguments: { layers: 1 } }; // 64 samples
    const strategy = make(small.space, {}, 6);
    const seen = new Set<string>();
    for (let number = 1; number <= 150; number++) {
      const [sample] = strategy.ask(1, small.arguments) as [Sample];
      seen.add(sampleKey(sample));
      strategy.tell([{ number, sample, reward: small.rewardOf(sample) }]);
    }
    expect(seen.size).toBeGreaterThan(60);
  });
});
