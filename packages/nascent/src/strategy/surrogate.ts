import { z } from 'zod';
import type { Sample } from '../search-space/sample.ts';
import { AnswerFeatures, hammingDistances } from './answer-features.ts';
import { onOneThread } from './engine-operators.ts';
import { expectedImprovement } from './expected-improvement.ts';
import { type AnswerKernel, featureWeights, fitKernel } from './fit-kernel.ts';
import { posterior } from './gaussian-posterior.ts';
import type { History } from './history.ts';
import { rewardScores } from './reward-scores.ts';
import type { StrategyResult } from './strategy.ts';

/** How a surrogate is fitted. The defaults are measured (docs/decisions/0051-rival-strategies.md). */
export const surrogateOptions = {
  /** `rank`: normal quantiles of the rewards' ranks. `standardised`: rewards less their mean, over their deviation. */
  rewards: z.enum(['rank', 'standardised']).default('rank'),
  /** At most so many results are fitted: the better half from all, the rest the latest. Time grows by its cube. */
  points: z.int().min(2).default(500),
  /** The kernel is chosen anew once there are so many times as many results as when it was chosen last. */
  refitGrowth: z.number().min(1).default(1.1),
} as const;

export interface SurrogateSettings {
  readonly rewards: 'rank' | 'standardised';
  readonly points: number;
  readonly refitGrowth: number;
}

export const surrogateStateSchema = z
  .object({
    results: z.int().min(1),
    kernel: z.object({
      lengthScale: z.number().positive(),
      noise: z.number().positive(),
      weights: z.record(z.string(), z.number()),
    }),
  })
  .nullable();

/** The kernel, and how many results there were when it was chosen; null before the first time. */
export type SurrogateState = z.output<typeof surrogateStateSchema>;

/**
 * A Gaussian process over answers, fitted to a strategy's history (Jones et al. 1998; for architectures Kandasamy et
 * al. 2018): of many candidates it picks the one with the greatest expected improvement on the best reward.
 *
 * Samples whose results are awaited count as if they had earned the mean reward (the constant liar of Ginsbourger et
 * al. 2010), which keeps several workers from asking nearly the same.
 */
export class Surrogate {
  readonly #settings: SurrogateSettings;
  /** Besides the history, all that it remembers. */
  state: SurrogateState = null;

  constructor(settings: SurrogateSettings) {
    this.#settings = settings;
  }

  /** Of equal ones the first; null where there is no candidate, or where all rewards are equal. */
  mostPromising(history: History, candidates: readonly Sample[]): Sample | null {
    if (candidates.length === 0) return null;
    const results = this.#fittedResults(history);
    const rewards = results.map(({ reward }) => reward);
    const scores = results.length === 0 ? null : rewardScores(rewards, this.#settings.rewards);
    if (scores === null) return null;
    const improvements = onOneThread(() => this.#improvements(history, results, scores, candidates));
    const best = improvements.reduce((a, value, i) => (value > (improvements[a] ?? 0) ? i : a), 0);
    return candidates[best] ?? null;
  }

  /** Expected improvement of each candidate on the best score. */
  #improvements(
    history: History,
    results: readonly StrategyResult[],
    scores: Float64Array,
    candidates: readonly Sample[],
  ): readonly number[] {
    const features = new AnswerFeatures();
    const told = results.map(({ sample }) => features.of(sample));
    const kernel = this.#kernel(history.told.length, told, features.decisions, scores);
    const observed = [...told, ...history.pending.map((sample) => features.of(sample))];
    const asked = candidates.map((sample) => features.of(sample));
    const weights = featureWeights(features.decisions, kernel.weights);
    const targets = new Float64Array(observed.length); // awaited results: 0, the mean
    targets.set(scores);
    const { mean, deviation } = posterior(
      { distances: hammingDistances(observed, observed, weights), targets },
      hammingDistances(observed, asked, weights),
      kernel,
    );
    return expectedImprovement(mean, deviation, Math.max(...scores));
  }

  #kernel(
    results: number,
    samples: readonly Int32Array[],
    decisions: readonly string[],
    scores: Float64Array,
  ): AnswerKernel {
    if (this.state === null || results >= this.state.results * this.#settings.refitGrowth) {
      this.state = { results, kernel: fitKernel(samples, decisions, scores) };
    }
    return this.state.kernel;
  }

  #fittedResults({ told }: History): readonly StrategyResult[] {
    const { points } = this.#settings;
    if (told.length <= points) return told;
    const best = new Set(byReward(told).slice(0, Math.ceil(points / 2)));
    const latest = told.filter((result) => !best.has(result)).slice(-Math.floor(points / 2));
    return [...best, ...latest].sort((a, b) => a.number - b.number);
  }
}

/** Best first, of equal ones the earlier trial. */
export function byReward(results: readonly StrategyResult[]): readonly StrategyResult[] {
  return [...results].sort((a, b) => b.reward - a.reward || a.number - b.number);
}
