import { scope, tensor } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { KNOWN_REWARDS, type KnownRewards } from '../../test/known-rewards.ts';
import { type Controller, createController } from '../controller/controller.ts';
import { type EnumeratedPolicy, enumeratedPolicy } from '../controller/enumerated-policy.ts';
import { sampleFrom } from '../controller/sampling.ts';
import { score } from '../controller/scoring.ts';
import { randomStream } from '../random.ts';
import type { Sample } from '../search-space/sample.ts';
import { advantagesOf } from './baseline.ts';
import { lossGradient } from './policy-gradient.ts';

/** Each known space at a size that is cheap to enumerate. */
const problems = KNOWN_REWARDS.map((problem) => ({
  ...problem,
  arguments: { layers: problem.name === 'chain' ? 1 : 3 },
}));

interface Setup {
  readonly controller: Controller;
  readonly policy: EnumeratedPolicy;
  readonly rewards: readonly number[];
}

/** Wide weights, float64. */
function setup({ space, arguments: args, rewardOf }: KnownRewards): Setup {
  const config = { hiddenSize: 5, layers: 2, initialRange: 0.7 };
  const controller = createController(space.decisions, 11, { config, dtype: 'float64' });
  const policy = enumeratedPolicy(controller.layout, space, args);
  return { controller, policy, rewards: policy.samples.map(rewardOf) };
}

/** ∇ Σ P(s)·R(s), by differentiating the exact expectation. */
function exactGradient({ controller, policy, rewards }: Setup, problem: KnownRewards): Float64Array {
  return scope(() => {
    const { logProbs } = score(controller, problem.space, policy.samples);
    const expected = logProbs
      .exp()
      .mul(tensor(Float64Array.from(rewards), { shape: [rewards.length], dtype: 'float64' }))
      .sum();
    expected.backward();
    const gradient = controller.parameters.grad?.toArray() as Float64Array;
    return Float64Array.from(gradient);
  });
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0);
const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

describe('REINFORCE gradient', () => {
  it.each(problems)(
    '$name › averaged over all samples it is the exact gradient, whatever the baseline',
    (problem) => {
      const here = setup(problem);
      const exact = exactGradient(here, problem);
      const probabilities = here.policy.probabilities(here.controller);
      for (const baseline of [0, 0.37]) {
        // Weights p·n turn the minibatch mean into the expectation.
        const advantages = here.rewards.map(
          (reward, k) => (probabilities[k] ?? 0) * here.rewards.length * (reward - baseline),
        );
        const estimate = scope(
          () =>
            lossGradient(
              here.controller,
              problem.space,
              here.policy.samples,
              advantages,
            ).toArray() as Float64Array,
        );
        for (const [i, value] of exact.entries()) expect(-(estimate[i] ?? 0)).toBeCloseTo(value, 9);
      }
      here.controller.parameters.dispose();
    },
  );

  it.each(problems)(
    '$name › the exact gradient equals finite differences of the exact expected reward',
    (problem) => {
      const here = setup(problem);
      const exact = exactGradient(here, problem);
      const at = Float64Array.from(here.controller.parameters.toArray() as Float64Array);
      const expectedAt = (weights: Float64Array) =>
        scope(() =>
          here.policy.expectedReward(
            {
              layout: here.controller.layout,
              parameters: tensor(weights, { shape: [weights.length], dtype: 'float64' }),
            },
            here.rewards,
          ),
        );
      const step = 1e-5;
      for (const { name, offset, size } of here.controller.layout.slots) {
        const place = offset + Math.floor(size / 2);
        const shifted = (by: number) =>
          expectedAt(at.map((weight, i) => (i === place ? weight + by : weight)));
        expect(exact[place], name).toBeCloseTo((shifted(step) - shifted(-step)) / (2 * step), 8);
      }
      here.controller.parameters.dispose();
    },
  );

  it.each(problems)(
    '$name › minibatches of 8 average to the exact gradient within their standard error',
    { timeout: 120_000 },
    (problem) => {
      const here = setup(problem);
      const exact = exactGradient(here, problem);
      const direction = exact.map((value) => value / norm(exact));
      const across = Array.from(
        exact,
        (_, i) => randomStream('direction', i).normal() / Math.sqrt(exact.length),
      );
      const along: number[] = [];
      const sideways: number[] = [];
      for (let batch = 0; batch < 200; batch++) {
        const streams = Array.from({ length: 8 }, (_, k) => randomStream('minibatch', batch, k));
        const { samples } = sampleFrom(here.controller, problem.space, problem.arguments, streams);
        const advantages = advantagesOf(samples.map(problem.rewardOf), null, 'leave-one-out');
        const estimate = scope(
          () => lossGradient(here.controller, problem.space, samples, advantages).toArray() as Float64Array,
        );
        along.push(-dot(estimate, direction));
        sideways.push(-dot(estimate, across));
      }
      for (const [estimates, truth] of [
        [along, norm(exact)],
        [sideways, dot(exact, across)],
      ] as const) {
        const mean = estimates.reduce((sum, x) => sum + x, 0) / estimates.length;
        const variance = estimates.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (estimates.length - 1);
        expect(Math.abs(mean - truth)).toBeLessThan(4 * Math.sqrt(variance / estimates.length));
      }
      here.controller.parameters.dispose();
    },
  );

  it('elites › the mean gradient of their log-likelihood, added to that of the minibatch', () => {
    const [problem] = problems;
    if (problem === undefined) throw new Error('no problem');
    const { controller, policy } = setup(problem);
    const { space } = problem;
    const [first, second, third] = policy.samples;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('too few samples');
    const gradient = (samples: Sample[], advantages: number[], elites: Sample[]) =>
      scope(() => lossGradient(controller, space, samples, advantages, { elites }).toArray() as Float64Array);
    const together = gradient([first], [0.7], [second, third]);
    const alone = gradient([first], [0.7], []);
    // An elite counts like a sample with the advantage 1: the minibatch's mean is the elites' mean.
    const likelihood = gradient([second, third], [1, 1], []);
    for (const [i, value] of together.entries())
      expect(value).toBeCloseTo((alone[i] ?? 0) + (likelihood[i] ?? 0), 12);
    expect(gradient([], [], [second, third])).toEqual(likelihood);
    controller.parameters.dispose();
  });

  it("clip › the gradient of PPO's objective, by finite differences, inside and outside of the clipped range", () => {
    const [problem] = problems;
    if (problem === undefined) throw new Error('no problem');
    const { controller, policy } = setup(problem);
    const samples = policy.samples.slice(0, 6);
    const advantages = [1, -1, 0.5, -0.5, 2, -2];
    const logProbs = (parameters = controller.parameters) =>
      scope(() =>
        score({ layout: controller.layout, parameters }, problem.space, samples).logProbs.toNumbers(),
      );
    // Inside the range, just above and just below it: each with either sign of the advantage.
    const shifts = [0, 0, Math.log(1.25), Math.log(1.25), Math.log(0.75), Math.log(0.75)];
    const before = logProbs().map((logProb, k) => logProb - (shifts[k] ?? 0));
    const epsilon = 0.2;
    const objective = (now: readonly number[]) =>
      now.reduce((sum, logProb, k) => {
        const ratio = Math.exp(logProb - (before[k] ?? 0));
        const clipped = Math.min(1 + epsilon, Math.max(1 - epsilon, ratio));
        const advantage = advantages[k] ?? 0;
        return sum + Math.min(ratio * advantage, clipped * advantage) / samples.length;
      }, 0);
    const gradient = scope(
      () =>
        lossGradient(controller, problem.space, samples, advantages, {
          clip: { epsilon, before },
        }).toArray() as Float64Array,
    );
    const at = Float64Array.from(controller.parameters.toArray() as Float64Array);
    const step = 1e-5;
    let largest = 0;
    for (const { name, offset, size } of controller.layout.slots) {
      const place = offset + Math.floor(size / 2);
      const shifted = (by: number) =>
        scope(() => {
          const weights = at.map((weight, i) => (i === place ? weight + by : weight));
          return objective(logProbs(tensor(weights, { shape: [weights.length], dtype: 'float64' })));
        });
      const slope = (shifted(step) - shifted(-step)) / (2 * step);
      largest = Math.max(largest, Math.abs(slope));
      expect(-(gradient[place] ?? 0), name).toBeCloseTo(slope, 8);
    }
    expect(largest).toBeGreaterThan(0.01);
    controller.parameters.dispose();
  });

  it('entropy bonus › pulls towards the uniform policy when all rewards are equal', () => {
    const [problem] = problems;
    if (problem === undefined) throw new Error('no problem');
    const here = setup(problem);
    const entropy = () => {
      const probabilities = here.policy.probabilities(here.controller);
      return -probabilities.reduce((sum, p) => sum + p * Math.log(p), 0);
    };
    const before = entropy();
    scope(() => {
      const zero = here.policy.samples.map(() => 0);
      const gradient = lossGradient(here.controller, problem.space, here.policy.samples, zero, {
        entropyBonus: 1,
      });
      const moved = here.controller.parameters.detach().sub(gradient.mul(0.1));
      here.controller.parameters.detach().copyFrom_(moved);
    });
    expect(entropy()).toBeGreaterThan(before);
    here.controller.parameters.dispose();
  });
});
