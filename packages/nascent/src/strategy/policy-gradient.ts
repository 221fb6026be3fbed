import { Adam, noGrad, scope } from '@nascent/torch';
import { type Controller, createController, disposeController } from '../controller/controller.ts';
import { divergenceAlong } from '../controller/divergence.ts';
import { sampleFrom } from '../controller/sampling.ts';
import { trajectoryOf } from '../controller/trajectory.ts';
import { randomStream } from '../random.ts';
import { advantagesOf, normalised, updatedBaseline } from '../reinforce/baseline.ts';
import { lossGradient } from '../reinforce/policy-gradient.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { hasNotMoved, NOT_MOVED } from './movement.ts';
import { type Counters, decodeState, encodeState } from './policy-gradient-state.ts';
import { type PolicyGradientSettings, policyGradientOptionsSchema, settingsOf } from './presets.ts';
import { type StateHeader, stateHeader } from './state-header.ts';
import {
  parseStrategyOptions,
  type Strategy,
  type StrategyResult,
  StrategyRewardError,
  type StrategySummary,
} from './strategy.ts';

const NAME = 'policy-gradient';
/** Raise it when the meaning of a saved state changes. */
const FORMAT_VERSION = 1;
/** Fresh samples for the summary's entropy and divergence. */
const PROBES = 64;

/** The paper's search: a recurrent controller trained by REINFORCE (Zoph & Le 2017, §3.1, §3.2). */
export const policyGradient = (space: SearchSpace, options: unknown, seed: number): PolicyGradient =>
  new PolicyGradient(
    space,
    settingsOf(parseStrategyOptions(NAME, policyGradientOptionsSchema, options)),
    seed,
  );

/**
 * States: samples drawn and not yet told are nobody's business but the study's; told ones wait in `pending`
 * until m have come, then make one update and are forgotten. Only `#update` changes the weights.
 */
export class PolicyGradient implements Strategy {
  readonly name = NAME;
  readonly #space: SearchSpace;
  readonly #settings: PolicyGradientSettings;
  readonly #seed: number;
  readonly #header: StateHeader;
  /** The current policy; its weights change with each update. Read it, do not dispose it. */
  readonly controller: Controller;
  readonly #initial: Controller;
  readonly #adam: Adam;
  #counters: Counters = { drawn: 0, updates: 0, baseline: null, arguments: null };
  #pending: readonly StrategyResult[] = [];
  #probed: { readonly updates: number; readonly summary: Probe } | null = null;

  constructor(space: SearchSpace, settings: PolicyGradientSettings, seed: number) {
    this.#space = space;
    this.#settings = settings;
    this.#seed = seed;
    this.#header = stateHeader(NAME, FORMAT_VERSION, space, seed, settings);
    const { hiddenSize, layers, initialRange } = settings;
    const config = { hiddenSize, layers, initialRange };
    this.controller = createController(space.decisions, seed, { config });
    this.#initial = createController(space.decisions, seed, { config });
    this.#adam = new Adam([this.controller.parameters], { learningRate: settings.learningRate });
  }

  ask(n: number, args: SpaceArguments): readonly Sample[] {
    if (n === 0) return [];
    const { drawn } = this.#counters;
    const streams = Array.from({ length: n }, (_, k) => randomStream(this.#seed, 'sample', drawn + k));
    const { samples } = sampleFrom(this.controller, this.#space, args, streams, this.#settings);
    this.#counters = { ...this.#counters, drawn: drawn + n, arguments: { ...args } };
    return samples;
  }

  tell(results: readonly StrategyResult[]): void {
    for (const { number, sample, reward } of results) {
      trajectoryOf(this.#space, sample); // refuses what could not be scored, before anything has changed
      if (!Number.isFinite(reward)) throw new StrategyRewardError(number, reward);
    }
    let waiting = [...this.#pending, ...results];
    const { batchSize } = this.#settings;
    while (waiting.length >= batchSize) {
      this.#update(waiting.slice(0, batchSize));
      waiting = waiting.slice(batchSize);
    }
    this.#pending = waiting;
  }

  /** One minibatch in the order of its trials' numbers, so that the order of arrival inside it does not count. */
  #update(arrived: readonly StrategyResult[]): void {
    const minibatch = [...arrived].sort((a, b) => a.number - b.number);
    const rewards = minibatch.map((result) => result.reward);
    const { baseline } = this.#counters;
    const raw = advantagesOf(rewards, baseline, this.#settings.baseline);
    const advantages = this.#settings.normaliseAdvantages ? normalised(raw) : raw;
    scope(() => {
      const samples = minibatch.map((result) => result.sample);
      this.#adam.step([lossGradient(this.controller, this.#space, samples, advantages, this.#settings)]);
    });
    this.#counters = {
      ...this.#counters,
      updates: this.#counters.updates + 1,
      baseline: updatedBaseline(baseline, rewards, this.#settings.baselineDecay),
    };
  }

  state(): Uint8Array {
    return scope(() =>
      encodeState({
        header: this.#header,
        counters: this.#counters,
        pending: this.#pending,
        parameters: this.controller.parameters,
        adam: this.#adam.stateDict(),
      }),
    );
  }

  restore(bytes: Uint8Array): void {
    noGrad(() =>
      scope(() => {
        const { controller } = this;
        const saved = decodeState(bytes, this.#header, this.#space, controller.layout.parameterCount);
        this.#adam.loadStateDict(saved.adam); // refuses before it changes anything
        controller.parameters.copyFrom_(saved.parameters);
        this.#counters = saved.counters;
        this.#pending = saved.pending;
        this.#probed = null;
      }),
    );
  }

  summary(): StrategySummary {
    const { drawn, updates, baseline } = this.#counters;
    const counted = { samples: drawn, updates, baseline };
    const probe = this.#probe();
    if (probe === null) return { ...counted, entropy: null, kl: null, note: NOT_MOVED };
    const { entropy, kl, klError } = probe;
    return { ...counted, entropy, kl, ...(hasNotMoved(kl, klError) ? { note: NOT_MOVED } : {}) };
  }

  /** Entropy and divergence of the current policy on fresh samples; null before anything has been asked. */
  #probe(): Probe | null {
    const { updates, arguments: args } = this.#counters;
    if (args === null) return null;
    if (this.#probed?.updates === updates) return this.#probed.summary;
    const streams = Array.from({ length: PROBES }, (_, k) => randomStream(this.#seed, 'probe', updates, k));
    const { samples } = sampleFrom(this.controller, this.#space, args, streams, this.#settings);
    const { divergences, entropies } = divergenceAlong(
      this.controller,
      this.#initial,
      this.#space,
      samples,
      this.#settings,
    );
    const summary = { entropy: mean(entropies), kl: mean(divergences), klError: standardError(divergences) };
    this.#probed = { updates, summary };
    return summary;
  }

  dispose(): void {
    disposeController(this.controller);
    disposeController(this.#initial);
    this.#adam.dispose();
  }
}

interface Probe {
  readonly entropy: number;
  readonly kl: number;
  readonly klError: number;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
