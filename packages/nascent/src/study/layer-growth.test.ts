import { scope } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { score } from '../controller/scoring.ts';
import {
  builtInSpace,
  type ConvolutionalArchitecture,
  decodeTokens,
  encodeSample,
  type Sample,
  type SearchSpace,
} from '../search-space/index.ts';
import type { ArgumentSchedule } from '../search-space/space.ts';
import { type PolicyGradient, policyGradient } from '../strategy/policy-gradient.ts';
import type { StrategyResult } from '../strategy/strategy.ts';
import { scheduledArguments } from './layer-schedule.ts';

const space = builtInSpace('cnn-full') as SearchSpace<ConvolutionalArchitecture, Record<string, number>>;
/** The paper's, with 16 samples in the place of 1,600. */
const schedule: ArgumentSchedule = { argument: 'layers', start: 6, add: 2, every: 16 };
const presets = [
  { name: 'paper', options: { preset: 'paper' } },
  { name: 'strong', options: { preset: 'strong', warmup: 6, screening: 4 } },
];

const rewardOf = (sample: Sample): number => {
  const { layers } = space.decode(sample);
  return layers.filter(({ kind }) => kind === 'convolution').length / layers.length;
};

/** Trials of a study, `from` counts samples drawn before. */
function search(strategy: PolicyGradient, from: number, minibatches: number): StrategyResult[] {
  return Array.from({ length: minibatches }, (_, at) => {
    const drawn = from + 8 * at;
    const samples = strategy.ask(8, scheduledArguments({}, schedule, drawn));
    const results = samples.map((sample, k) => ({ number: drawn + k + 1, sample, reward: rewardOf(sample) }));
    strategy.tell(results);
    return results;
  }).flat();
}

function scoresOf(strategy: PolicyGradient, samples: readonly Sample[]): number[] {
  return scope(() => Array.from(score(strategy.controller, space, samples).logProbs.toArray(), Number));
}

describe.each(presets)('the layer schedule, preset $name', ({ options }) => {
  it('grows the samples from 6 to 8 to 10 layers, with one controller whose weights go on', () => {
    const strategy = policyGradient(space, options, 1);
    const results = search(strategy, 0, 5);
    expect(results.map(({ sample }) => space.decode(sample).layers.length)).toEqual([
      ...Array.from({ length: 16 }, () => 6),
      ...Array.from({ length: 16 }, () => 8),
      ...Array.from({ length: 8 }, () => 10),
    ]);
    expect(strategy.summary()).toMatchObject({ samples: 40 });
    expect(strategy.summary().updates).toBeGreaterThanOrEqual(5);
    strategy.dispose();
  });

  it('keeps samples of 6 layers valid: they are scored beside those of 8, as they are alone', () => {
    const strategy = policyGradient(space, options, 2);
    const samples = search(strategy, 0, 3).map(({ sample }) => sample);
    const together = scoresOf(strategy, samples);
    for (const at of [0, 15, 16, 23]) {
      const alone = scoresOf(strategy, samples.slice(at, at + 1));
      expect(together[at]).toBeCloseTo(alone[0] ?? Number.NaN, 3); // float32, about −60
      expect(together[at]).toBeLessThan(0);
    }
    strategy.dispose();
  });

  it('keeps old token strings decoding to the same networks', () => {
    const strategy = policyGradient(space, options, 3);
    const [early] = search(strategy, 0, 3) as [StrategyResult];
    const tokens = encodeSample(early.sample, space);
    expect(tokens).toContain('/layers=6/');
    expect(space.decode(decodeTokens(tokens, space))).toEqual(space.decode(early.sample));
    strategy.dispose();
  });

  it('learns from results of 6 layers that come late, among those of 8', () => {
    const strategy = policyGradient(space, options, 4);
    const late = strategy.ask(8, { layers: 6 });
    search(strategy, 16, 1);
    const before = strategy.summary().updates;
    strategy.tell(late.map((sample, k) => ({ number: k + 1, sample, reward: rewardOf(sample) })));
    expect(strategy.summary().updates).toBeGreaterThan(before);
    expect(strategy.controller.parameters.toFloat32().every(Number.isFinite)).toBe(true);
    strategy.dispose();
  });

  it('restored across a growth it goes on exactly', () => {
    const stopped = policyGradient(space, options, 5);
    search(stopped, 0, 2);
    const resumed = policyGradient(space, options, 5);
    resumed.restore(stopped.state());
    const [a, b] = [search(stopped, 16, 2), search(resumed, 16, 2)];
    expect(b).toEqual(a);
    expect(resumed.state()).toEqual(stopped.state());
    expect(a[0]?.sample.arguments).toEqual({ layers: 8 });
    stopped.dispose();
    resumed.dispose();
  });
});
