import { describe, expect, it } from 'vitest';
import { chain, conditional, skips } from '../../test/known-rewards.ts';
import { randomSearch } from './random.ts';
import { strategyNamed, UnknownStrategyError } from './registry.ts';
import { StrategyOptionsError, StrategyStateError } from './strategy.ts';

describe('random search', () => {
  it('draws every option and every skip connection equally often', () => {
    const strategy = randomSearch(skips.space, {}, 7);
    const samples = strategy.ask(2000, { layers: 2 });
    const share = (hit: (text: string) => boolean) =>
      samples.filter((sample) => hit(JSON.stringify(sample.answers))).length / samples.length;
    const noise = 4 * Math.sqrt(0.25 / samples.length); // 4 standard errors
    expect(Math.abs(share((text) => text.includes('"chosen":[0]')) - 0.5)).toBeLessThan(noise);
    const first = samples.filter(({ answers }) => answers[0]?.kind === 'choice' && answers[0].index === 0);
    expect(Math.abs(first.length / samples.length - 0.5)).toBeLessThan(noise);
  });

  it('sample k does not depend on how many were asked at once', () => {
    const one = randomSearch(conditional.space, {}, 3);
    const many = randomSearch(conditional.space, {}, 3);
    const single = Array.from({ length: 6 }, () => one.ask(1, conditional.arguments)).flat();
    expect(many.ask(6, conditional.arguments)).toEqual(single);
  });

  it('restored from its state it continues as if never stopped', () => {
    const stopped = randomSearch(chain.space, {}, 3);
    stopped.ask(5, chain.arguments);
    const resumed = randomSearch(chain.space, {}, 3);
    resumed.restore(stopped.state());
    expect(resumed.ask(3, chain.arguments)).toEqual(stopped.ask(3, chain.arguments));
    expect(resumed.summary().samples).toBe(8);
  });

  it('refuses a state of another space, another seed, and bytes that are no state', () => {
    const strategy = randomSearch(chain.space, {}, 3);
    expect(() => strategy.restore(randomSearch(skips.space, {}, 3).state())).toThrow(/search space "skips@1/);
    expect(() => strategy.restore(randomSearch(chain.space, {}, 4).state())).toThrow(/the seed 4.*has 3/s);
    expect(() => strategy.restore(new Uint8Array([1, 2, 3]))).toThrow(StrategyStateError);
  });

  it('refuses results that a learning strategy could not use', () => {
    const strategy = randomSearch(chain.space, {}, 3);
    const [foreign] = randomSearch(skips.space, {}, 3).ask(1, skips.arguments);
    const [own] = strategy.ask(1, chain.arguments);
    if (foreign === undefined || own === undefined) throw new Error('nothing was drawn');
    expect(() => strategy.tell([{ number: 1, sample: foreign, reward: 0 }])).toThrow(/skips@1/);
    expect(() => strategy.tell([{ number: 4, sample: own, reward: Number.NaN }])).toThrow(/trial 4.*NaN/s);
  });

  it('refuses options, naming them', () => {
    expect(() => randomSearch(chain.space, { temprature: 2 }, 1)).toThrow(StrategyOptionsError);
    expect(() => randomSearch(chain.space, { temprature: 2 }, 1)).toThrow(/temprature/);
  });
});

describe('built-in strategies', () => {
  it('are found by name, and an unknown name lists the known ones', () => {
    expect(strategyNamed('random')).toBe(randomSearch);
    expect(() => strategyNamed('annealing')).toThrow(UnknownStrategyError);
    expect(() => strategyNamed('annealing')).toThrow(/policy-gradient, random/);
  });
});
