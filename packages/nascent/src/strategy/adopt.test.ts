import { noGrad, readSafetensors, scope, writeSafetensors } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { chain, type KnownRewards, skips } from '../../test/known-rewards.ts';
import { score } from '../controller/scoring.ts';
import { randomStream } from '../random.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { type PolicyGradient, policyGradient } from './policy-gradient.ts';
import { strategyNamed } from './registry.ts';
import type { Strategy } from './strategy.ts';

/* Samples that a strategy did not draw: the warm start of a search. */

const QUICK = { hiddenSize: 8, learningRate: 0.04, batchSize: 4 };
const STRONG = { preset: 'strong', hiddenSize: 8, warmup: 6, screening: 8 };

const strategies = [
  ['random', {}],
  ['evolution', { population: 4 }],
  ['local-search', {}],
  ['tpe', { startup: 4 }],
  ['gaussian-process', { startup: 4 }],
  ['policy-gradient', QUICK],
  ['policy-gradient', STRONG],
] as const;

const make = (name: string, options: object, known: KnownRewards = chain, seed = 3): Strategy =>
  strategyNamed(name)(known.space, options, seed);

const given = (known: KnownRewards, count: number, args: SpaceArguments = known.arguments): Sample[] =>
  Array.from({ length: count }, (_, k) => sampleUniformly(known.space, args, randomStream(90, 'given', k)));

/** The sample of the chain in which every answer is the best. */
const optimum = sampleWith([0, 3, 2, 1, 0, 3]);
const [poor] = given(chain, 1) as [Sample];

function sampleWith(indices: readonly number[]): Sample {
  const dialogue = chain.space.start(chain.arguments);
  for (const index of indices) {
    const decision = dialogue.question?.decision ?? '';
    dialogue.answer({ kind: 'choice', decision, index });
  }
  return dialogue.sample();
}

const changes = (a: Sample, b: Sample): number =>
  a.answers.filter((answer, i) => JSON.stringify(answer) !== JSON.stringify(b.answers[i])).length;

/** Tells them as the first trials of a search. */
function begin(strategy: Strategy, samples: readonly Sample[], known: KnownRewards = chain): void {
  for (const sample of samples) strategy.adopt?.([sample]);
  strategy.tell(samples.map((sample, k) => ({ number: k + 1, sample, reward: known.rewardOf(sample) })));
}

function goOn(strategy: Strategy, known: KnownRewards, from: number, trials: number): Sample[] {
  return Array.from({ length: trials }, (_, k) => {
    const [sample] = strategy.ask(1, known.arguments) as [Sample];
    strategy.tell([{ number: from + k, sample, reward: known.rewardOf(sample) }]);
    return sample;
  });
}

describe.each(strategies)('%s %j › adopted samples', (name, options) => {
  it.each([chain, skips])('are in its state: restored at any point it goes on exactly › $name', (known) => {
    const samples = given(known, 3);
    const unbroken = make(name, options, known);
    const step = (strategy: Strategy, at: number): void => {
      const sample = samples[at];
      if (sample === undefined) return void goOn(strategy, known, at + 1, 1);
      strategy.adopt?.([sample]);
      strategy.tell([{ number: at + 1, sample, reward: known.rewardOf(sample) }]);
    };
    let broken = make(name, options, known);
    for (let at = 0; at < 12; at++) {
      step(unbroken, at);
      step(broken, at);
      const resumed = make(name, options, known);
      resumed.restore(broken.state());
      broken.dispose();
      broken = resumed;
    }
    expect(broken.state()).toEqual(unbroken.state());
    expect(unbroken.summary().samples).toBe(12);
    broken.dispose();
    unbroken.dispose();
  });

  it('may have other arguments than the search, and may be told late', () => {
    const strategy = make(name, options);
    const samples = given(chain, 3, { layers: 3 });
    for (const sample of samples) strategy.adopt?.([sample]);
    for (const sample of goOn(strategy, chain, 4, 10)) expect(sample.arguments).toEqual(chain.arguments);
    strategy.tell(samples.map((sample, k) => ({ number: k + 1, sample, reward: 0.9 })));
    for (const sample of goOn(strategy, chain, 14, 10)) expect(sample.arguments).toEqual(chain.arguments);
    strategy.dispose();
  });
});

describe('what strategies make of adopted samples', () => {
  it.each([
    ['local-search', {}],
    ['tpe', { startup: 4 }],
    ['gaussian-process', { startup: 4 }],
    ['policy-gradient', STRONG],
  ])('%s does not ask them again', (name, options) => {
    const strategy = make(name, options);
    begin(strategy, [optimum, poor]);
    const asked = goOn(strategy, chain, 3, 40).map(sampleKey);
    expect(asked).not.toContain(sampleKey(optimum));
    strategy.dispose();
  });

  it('evolution counts them among its first P, and takes the best as a parent', () => {
    const strategy = make('evolution', { population: 2, sample: 20 });
    begin(strategy, [poor, optimum]);
    const [child] = strategy.ask(1, chain.arguments) as [Sample];
    expect(changes(child, optimum)).toBe(1);
  });

  it('local search begins its first climb at the best of them', () => {
    const strategy = make('local-search', {});
    begin(strategy, [poor, optimum]);
    for (const sample of goOn(strategy, chain, 3, 5)) expect(changes(sample, optimum)).toBe(1);
  });

  it('local search carries the best over to the arguments of the search where none has them', () => {
    const strategy = make('local-search', {});
    const [longer] = given(chain, 1, { layers: 3 }) as [Sample];
    begin(strategy, [longer]);
    const [start, ...neighbours] = goOn(strategy, chain, 2, 5) as [Sample, ...Sample[]];
    expect(start.answers).toEqual(longer.answers.slice(0, 6));
    for (const neighbour of neighbours) expect(changes(neighbour, start)).toBe(1);
  });

  it('REINFORCE learns nothing from them: no minibatch, no baseline, no update, whatever their rewards', () => {
    const states = [0, 1].map((reward) => {
      const strategy = policyGradient(chain.space, QUICK, 3);
      strategy.adopt([optimum, poor]);
      strategy.tell([optimum, poor].map((sample, k) => ({ number: k + 1, sample, reward })));
      expect(strategy.summary()).toMatchObject({ samples: 2, updates: 0, baseline: null });
      goOn(strategy, chain, 3, 3);
      expect(strategy.summary().updates).toBe(0);
      goOn(strategy, chain, 6, 1);
      expect(strategy.summary().updates).toBe(1);
      const state = strategy.state();
      strategy.dispose();
      return state;
    });
    expect(states[1]).toEqual(states[0]);
  });

  it('REINFORCE takes from its own samples the very step that it takes without a warm start', () => {
    const warm = policyGradient(chain.space, QUICK, 3);
    begin(warm, [optimum, poor]);
    const own = goOn(warm, chain, 3, 4);
    const cold = policyGradient(chain.space, QUICK, 3);
    cold.tell(own.map((sample, k) => ({ number: k + 1, sample, reward: chain.rewardOf(sample) })));
    const weights = ({ controller }: PolicyGradient) => [...controller.parameters.toFloat32()];
    expect(weights(warm)).toEqual(weights(cold));
    expect(warm.summary().baseline).toBe(cold.summary().baseline);
    warm.dispose();
    cold.dispose();
  });

  it('a state of the policy gradient from before there were warm starts is one without', () => {
    const strategy = policyGradient(chain.space, QUICK, 3);
    goOn(strategy, chain, 1, 6);
    const older = scope(() => {
      const { tensors, metadata } = readSafetensors(strategy.state());
      const { counters, ...rest } = JSON.parse(metadata['nascent'] ?? '');
      const { adopted, ...before } = counters;
      expect(adopted).toBe(0);
      return writeSafetensors(tensors, { nascent: JSON.stringify({ ...rest, counters: before }) });
    });
    const resumed = policyGradient(chain.space, QUICK, 3);
    resumed.restore(older);
    goOn(strategy, chain, 7, 4);
    goOn(resumed, chain, 7, 4);
    expect(resumed.state()).toEqual(strategy.state());
    resumed.dispose();
    strategy.dispose();
  });

  it('replay (`strong`) makes the best of them likelier once the warm-up is over', () => {
    const strategy = policyGradient(chain.space, { ...STRONG, elites: 1 }, 3);
    const likelihood = () =>
      noGrad(() => scope(() => score(strategy.controller, chain.space, [optimum], {}).logProbs.item()));
    const before = likelihood();
    begin(strategy, [optimum, poor]);
    goOn(strategy, chain, 3, 3);
    expect(likelihood(), 'still in the warm-up').toBe(before);
    goOn(strategy, chain, 6, 10);
    expect(likelihood()).toBeGreaterThan(before + 0.5);
    strategy.dispose();
  });
});
