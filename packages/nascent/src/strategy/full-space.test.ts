import { describe, expect, it } from 'vitest';
import {
  builtInSpace,
  type ConvolutionalArchitecture,
  type Sample,
  type SearchSpace,
} from '../search-space/index.ts';
import { randomSearch } from './random.ts';
import { strategyNamed } from './registry.ts';
import type { Strategy } from './strategy.ts';

/** Every decision of the paper's CNN method at once: layer types, strides, sizes, batch norm, skip connections. */
const space = builtInSpace('cnn-full') as SearchSpace<ConvolutionalArchitecture, Record<string, number>>;

/** Best is a chain of convolutions of stride 1 in which every layer reads the one before it: 1. Uniform: 0.46 with 4 layers. */
function rewardOf(sample: Sample): number {
  const { layers } = space.decode(sample);
  const agreeing = layers.flatMap((layer, i) => [
    layer.kind === 'convolution',
    !('strideHeight' in layer) || layer.strideHeight === 1,
    layer.inputs.includes(i),
  ]);
  return agreeing.filter((agrees) => agrees).length / agreeing.length;
}

const strategies = [
  { name: 'evolution', options: {}, trials: 100 },
  { name: 'local-search', options: {}, trials: 250 },
  { name: 'tpe', options: {}, trials: 60 },
  { name: 'gaussian-process', options: {}, trials: 40 },
  { name: 'policy-gradient', options: { preset: 'strong' }, trials: 45 },
];
const make = (name: string, options: unknown, seed: number): Strategy =>
  strategyNamed(name)(space, options, seed);

/** Rewards of so many trials, one at a time. */
function search(strategy: Strategy, layers: number, trials: number): number[] {
  return Array.from({ length: trials }, (_, k) => {
    const [sample] = strategy.ask(1, { layers }) as [Sample];
    const reward = rewardOf(sample);
    strategy.tell([{ number: k + 1, sample, reward }]);
    return reward;
  });
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What a strategy asks at the end of a search, with 4 layers. */
function late(strategy: Strategy, trials: number): number {
  const rewards = search(strategy, 4, trials).slice(-15);
  strategy.dispose();
  return mean(rewards);
}

describe('strategies on the whole convolutional space', () => {
  it.each(strategies)(
    '$name › comes to ask better networks than random search',
    {
      timeout: 120_000,
    },
    ({ name, options, trials }) => {
      const seeds = [1, 2];
      const random = mean(seeds.map((seed) => late(randomSearch(space, {}, seed), 100)));
      expect(mean(seeds.map((seed) => late(make(name, options, seed), trials)))).toBeGreaterThan(
        random + 0.1,
      );
    },
  );

  it.each(strategies)(
    '$name › restored in the middle of a search of 12 layers it goes on exactly',
    {
      timeout: 120_000,
    },
    ({ name, options }) => {
      const stopped = make(name, options, 7);
      search(stopped, 12, 34);
      const resumed = make(name, options, 7);
      resumed.restore(stopped.state());
      for (let number = 35; number < 38; number++) {
        const [sample] = stopped.ask(1, { layers: 12 }) as [Sample];
        expect(resumed.ask(1, { layers: 12 })).toEqual([sample]);
        for (const strategy of [stopped, resumed])
          strategy.tell([{ number, sample, reward: rewardOf(sample) }]);
      }
      expect(resumed.state()).toEqual(stopped.state());
      stopped.dispose();
      resumed.dispose();
    },
  );
});
