import type { Evaluation } from '../../packages/nascent/src/evaluation/evaluation.ts';
import { kendallTau } from '../../packages/nascent/src/experiment/statistics/kendall.ts';
import { randomStream } from '../../packages/nascent/src/random.ts';
import { type RewardConfig, rewardOf } from '../../packages/nascent/src/reinforce/reward.ts';
import {
  decodeTokens,
  type Sample,
  type SearchSpace,
} from '../../packages/nascent/src/search-space/index.ts';
import { nasBenchNlp } from '../../packages/nascent/src/search-space/tabular/nas-bench-nlp.ts';
import type { Strategy } from '../../packages/nascent/src/strategy/strategy.ts';
import { ArchitecturesOfSamples } from '../../packages/nascent/src/study/architectures-of-samples.ts';
import { searchInMemory } from '../../packages/nascent/src/study/search-in-memory.ts';
import type { StoppingRule } from '../../packages/nascent/src/study/stopping/rule.ts';

/** Children whose whole learning curves are known. One epoch costs 1; so do all epochs of a broken training. */
export class CurvePool {
  readonly space: SearchSpace;
  readonly reward: RewardConfig;
  readonly #evaluations: readonly Evaluation[];
  readonly #architectures: ArchitecturesOfSamples;
  /** What each child earns when it is trained to the end. */
  readonly #rewards: readonly number[];
  /** The reward that the best tenth of the pool reaches. */
  readonly #tenth: number;

  /** @param evaluations in the order of the pool's ranks */
  constructor(evaluations: readonly Evaluation[], reward: RewardConfig) {
    this.space = nasBenchNlp({ cells: evaluations.length }); // any pool: a child is named by its rank
    this.reward = reward;
    this.#evaluations = evaluations.map((evaluation) => ({
      ...evaluation,
      facts: { simulatedSeconds: evaluation.curve.at(-1)?.epoch ?? 1 },
    }));
    this.#architectures = new ArchitecturesOfSamples(this.space);
    this.#rewards = this.#evaluations.map((evaluation) => rewardOf(evaluation, reward));
    const sorted = this.#rewards.toSorted((a, b) => b - a);
    this.#tenth = sorted[Math.ceil(sorted.length / 10) - 1] ?? 0;
  }

  get size(): number {
    return this.#evaluations.length;
  }

  /** The strategy that draws the children in a random order, each once. */
  inRandomOrder(seed: number): Strategy {
    const order = randomStream(seed, 'order').permutation(this.size);
    let drawn = 0;
    const sample = (rank: number): Sample => ({
      space: this.space.identity,
      arguments: {},
      answers: [
        { kind: 'choice', decision: 'sizeClass', index: Math.floor(rank / 100) },
        { kind: 'choice', decision: 'member', index: rank % 100 },
      ],
    });
    return {
      name: 'random order',
      ask: (n) => Array.from({ length: n }, () => sample(order[drawn++] ?? 0)),
      tell() {},
      state: () => new Uint8Array(),
      restore() {},
      summary: () => ({ samples: drawn, updates: 0, baseline: null, entropy: null, kl: null }),
      dispose() {},
    };
  }

  /** One search on the pool. @param limit of trials, or of epochs */
  async run(
    strategy: Strategy,
    seed: number,
    stopping: StoppingRule | undefined,
    limit: { readonly trials: number } | { readonly epochs: number },
  ): Promise<PoolRun> {
    const trials = 'trials' in limit ? limit.trials : 100_000;
    const budgetSeconds = 'epochs' in limit ? limit.epochs : null;
    const ended = await searchInMemory({
      plan: { arguments: {}, reward: this.reward, trials, budgetSeconds, stopping },
      architectures: this.#architectures,
      label: 'run',
      seed,
      strategy,
      evaluate: async (architecture) => {
        const evaluation = this.#evaluations[rankOf(architecture)];
        if (evaluation === undefined) throw new Error('no such child');
        return { result: { kind: 'evaluated', evaluation }, seconds: 0 };
      },
    });
    if (ended === null) throw new Error('the replay was interrupted');
    const { tokens, reward, score, seconds } = ended.run.trials;
    const ranks = tokens.map((text) => rankOf(this.space.decode(decodeTokens(text, this.space))));
    const whole = ranks.map((rank) => this.#rewards[rank] ?? 0);
    const broken = ranks.map((rank) => this.#evaluations[rank]?.outcome.kind !== 'completed');
    const stopped = score.map((value, i) => value === null && (reward[i] ?? 0) !== this.reward.failed);
    const good = whole.map((value) => value >= this.#tenth);
    const best = whole.indexOf(Math.max(...whole));
    return {
      children: tokens.length,
      epochs: seconds.reduce((sum, epochs) => sum + epochs, 0),
      stopped: stopped.filter(Boolean).length,
      broken: broken.filter((one, i) => one && !stopped[i]).length,
      found: Math.max(...reward.filter((_, i) => score[i] !== null)),
      bestStopped: stopped[best] === true,
      good: good.filter(Boolean).length,
      goodStopped: good.filter((one, i) => one && stopped[i]).length,
      tau: kendallTau(reward, whole),
    };
  }
}

/** What one search on a pool came to. */
export interface PoolRun {
  readonly children: number;
  readonly epochs: number;
  readonly stopped: number;
  /** Trainings that broke down before they were stopped. */
  readonly broken: number;
  /** The best reward among children trained to the end. */
  readonly found: number;
  /** Whether the best child that was drawn was stopped. */
  readonly bestStopped: boolean;
  /** Children drawn that belong to the best tenth of the pool when trained to the end, and how many were stopped. */
  readonly good: number;
  readonly goodStopped: number;
  /** Kendall's τ-b between what the strategy was told and what whole training would have earned. */
  readonly tau: number | null;
}

function rankOf(architecture: unknown): number {
  return (architecture as { readonly rank: number }).rank;
}
