import { enumeratedPolicy } from '../src/controller/enumerated-policy.ts';
import { policyGradient } from '../src/strategy/policy-gradient.ts';
import type { KnownRewards } from './known-rewards.ts';

export interface LearningRun {
  /** Exact expected reward of the initial policy. */
  readonly initial: number;
  /** Samples drawn when the exact expected reward first reached the target; null if it never did. */
  readonly samplesNeeded: number | null;
  /** Exact expected reward at the end. */
  readonly final: number;
}

/**
 * Lets the policy gradient search a space whose every reward is known, and follows the exact expected reward
 * of its policy by enumeration (no sampling error, and nothing that the search itself could see).
 * @param target stop once the expected reward is at least this
 */
export function learningRun(
  { space, arguments: args, rewardOf }: KnownRewards,
  options: Record<string, unknown>,
  seed: number,
  {
    target,
    limit,
    minibatch = 8,
    checkEvery = 160,
  }: {
    readonly target: number;
    readonly limit: number;
    readonly minibatch?: number;
    readonly checkEvery?: number;
  },
): LearningRun {
  const strategy = policyGradient(space, options, seed);
  const policy = enumeratedPolicy(strategy.controller.layout, space, args);
  const rewards = policy.samples.map(rewardOf);
  const expected = () => policy.expectedReward(strategy.controller, rewards);
  const initial = expected();
  let current = initial;
  let drawn = 0;
  while (drawn < limit && current < target) {
    const samples = strategy.ask(minibatch, args);
    strategy.tell(samples.map((sample, k) => ({ number: drawn + k + 1, sample, reward: rewardOf(sample) })));
    drawn += minibatch;
    if (drawn % checkEvery === 0) current = expected();
  }
  strategy.dispose();
  return { initial, samplesNeeded: current >= target ? drawn : null, final: current };
}
