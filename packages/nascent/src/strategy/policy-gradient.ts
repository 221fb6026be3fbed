import { Adam, noGrad, scope, type Tensor, tensor } from '@nascent/torch';
import { type Controller, createController, disposeController } from '../controller/controller.ts';
import { divergenceAlong } from '../controller/divergence.ts';
import { sampleFrom } from '../controller/sampling.ts';
import { score } from '../controller/scoring.ts';
import { randomStream } from '../random.ts';
import { advantagesOf, type Baseline, normalised, updatedBaseline } from '../reinforce/baseline.ts';
import { lossGradient } from '../reinforce/policy-gradient.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { checkedResults } from './check-results.ts';
import { History } from './history.ts';
import { hasNotMoved, NOT_MOVED } from './movement.ts';
import { type Counters, decodeState, encodeState } from './policy-gradient-state.ts';
import { type PolicyGradientSettings, policyGradientOptionsSchema, settingsOf } from './presets.ts';
import type { ShardedPolicy } from './sharded-policy.ts';
import { type StateHeader, stateHeader } from './state-header.ts';
import {
  parseStrategyOptions,
  type Strategy,
  type StrategyResult,
  type StrategySummary,
} from './strategy.ts';
import { byReward, Surrogate } from './surrogate.ts';
import { drawUnseen } from './unseen.ts';
import { unseenFromPolicy } from './unseen-from-policy.ts';

const NAME = 'policy-gradient';
/** Raise it when the meaning of a saved state changes. */
const FORMAT_VERSION = 2;
/** The surrogate's cost grows with the cube of what it fits; a controller needs it for the best region only. */
const SURROGATE = { rewards: 'rank', points: 200, refitGrowth: 1.25 } as const;
/** Fresh samples for the summary's entropy and divergence. */
const PROBES = 64;

/**
 * A recurrent controller trained by REINFORCE (Zoph & Le 2017, §3.1, §3.2): with the preset `paper` the paper's
 * search, with `strong` the same controller with replay and a choice among its samples (`presets.ts`).
 */
export const policyGradient = (space: SearchSpace, options: unknown, seed: number): PolicyGradient =>
  new PolicyGradient(
    space,
    settingsOf(parseStrategyOptions(NAME, policyGradientOptionsSchema, options)),
    seed,
  );

/**
 * States: samples drawn and not yet told are nobody's business but the study's; told ones wait in `pending`
 * until m have come, then make one update and are forgotten. Only `#update` changes the weights.
 *
 * Adopted samples are not the policy's own: they enter no minibatch and no baseline, for REINFORCE would be biased by
 * them. They are known to replay, to the surrogate and to what avoids repeats.
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
  readonly #surrogate = new Surrogate(SURROGATE);
  /** Whether samples are chosen one by one, or all drawn at once as in the paper. */
  readonly #selective: boolean;
  /** Stays empty where nothing needs it: a paper-sized search would carry it in every saved state. */
  #history = new History();
  #counters: Counters = { drawn: 0, adopted: 0, updates: 0, baseline: null, arguments: null };
  #pending: readonly StrategyResult[] = [];
  #probed: { readonly updates: number; readonly summary: Probe } | null = null;

  constructor(space: SearchSpace, settings: PolicyGradientSettings, seed: number) {
    this.#space = space;
    this.#settings = settings;
    this.#seed = seed;
    this.#header = stateHeader(NAME, FORMAT_VERSION, space, seed, settings);
    this.#selective = settings.avoidRepeats || settings.screening > 0;
    const { hiddenSize, layers, initialRange } = settings;
    const config = { hiddenSize, layers, initialRange };
    this.controller = createController(space.decisions, seed, { config });
    this.#initial = createController(space.decisions, seed, { config });
    this.#adam = new Adam([this.controller.parameters], { learningRate: settings.learningRate });
  }

  ask(n: number, args: SpaceArguments): readonly Sample[] {
    if (n === 0) return [];
    const samples: Sample[] = [];
    while (samples.length < n) {
      const { drawn } = this.#counters;
      const rest = n - samples.length;
      const uniform = drawn < this.#settings.warmup;
      const next =
        uniform || this.#selective ? [this.#chosen(args, drawn, uniform)] : this.#drawn(rest, args, drawn);
      samples.push(...next);
      this.#counters = { ...this.#counters, drawn: drawn + next.length, arguments: { ...args } };
    }
    return samples;
  }

  /** The next samples of the policy, in lock-step. */
  #drawn(n: number, args: SpaceArguments, from: number): readonly Sample[] {
    const streams = Array.from({ length: n }, (_, k) => randomStream(this.#seed, 'sample', from + k));
    const { samples } = sampleFrom(this.controller, this.#space, args, streams, this.#settings);
    if (this.#remembers) for (const sample of samples) this.#history.asked(sample);
    return samples;
  }

  /** One sample, chosen: uniform, or the most promising of some that the policy drew. */
  #chosen(args: SpaceArguments, number: number, uniform: boolean): Sample {
    const stream = randomStream(this.#seed, 'sample', number);
    const { avoidRepeats, screening, temperature } = this.#settings;
    const history = avoidRepeats ? this.#history : { knows: () => false };
    const fallback = () => drawUnseen(history, () => sampleUniformly(this.#space, args, stream));
    const candidates = uniform
      ? []
      : unseenFromPolicy(
          (count, flatter, round) =>
            sampleFrom(
              this.controller,
              this.#space,
              args,
              Array.from({ length: count }, (_, k) =>
                randomStream(this.#seed, 'sample', number, 'candidate', round, k),
              ),
              { temperature: temperature * flatter },
            ).samples,
          history,
          Math.max(1, screening),
        );
    const screened = screening > 0 ? this.#surrogate.mostPromising(this.#history, candidates) : null;
    const sample = screened ?? candidates[0] ?? fallback();
    if (this.#remembers) this.#history.asked(sample);
    return sample;
  }

  get #remembers(): boolean {
    return this.#selective || this.#settings.elites > 0;
  }

  adopt(samples: readonly Sample[]): void {
    if (this.#remembers) for (const sample of samples) this.#history.asked(sample);
    const adopted = this.#counters.adopted + samples.length;
    this.#counters = { ...this.#counters, adopted, drawn: this.#counters.drawn + samples.length };
  }

  tell(results: readonly StrategyResult[]): void {
    // One by one, so that it does not count how many are told at once.
    for (const result of checkedResults(this.#space, results)) {
      if (this.#remembers) this.#history.tell(result);
      if (result.number <= this.#counters.adopted) continue;
      this.#pending = [...this.#pending, result];
      if (this.#pending.length < this.#settings.batchSize) continue;
      this.#update(this.#pending);
      this.#pending = [];
    }
  }

  sharded(): ShardedPolicy | null {
    const { gradientSteps, elites, warmup, entropyHalfLife, policyWeight } = this.#settings;
    const forgetful = !this.#selective && elites === 0 && warmup === 0 && entropyHalfLife === null;
    if (!forgetful || gradientSteps !== 1 || policyWeight === 0) return null;
    const { batchSize, learningRate, baselineDecay, temperature, entropyBonus } = this.#settings;
    const { parameters } = this.controller;
    return {
      batchSize,
      learningRate,
      baselineDecay,
      initial: {
        parameters: floatsOf(parameters),
        adam: this.#adamState(),
        baseline: this.#counters.baseline,
      },
      load: (floats, { updates, baseline }) => {
        noGrad(() => scope(() => void parameters.copyFrom_(tensor(floats))));
        this.#counters = { ...this.#counters, updates, baseline };
        this.#probed = null;
      },
      sample: (n, args, drawn) => {
        this.#counters = { ...this.#counters, drawn: drawn + n, arguments: { ...args } };
        return this.#drawn(n, args, drawn);
      },
      gradient: (results, baseline) => {
        const minibatch = checkedResults(this.#space, results);
        const advantages = this.#advantages(
          minibatch.map(({ reward }) => reward),
          baseline,
        );
        return scope(() =>
          floatsOf(
            lossGradient(
              this.controller,
              this.#space,
              minibatch.map(({ sample }) => sample),
              advantages,
              { temperature, entropyBonus, elites: [] },
            ),
          ),
        );
      },
    };
  }

  #adamState() {
    return scope(() => {
      const state = this.#adam.stateDict();
      const floats = (name: string) => {
        const moment = state.get(name);
        if (moment === undefined) throw new Error(`Adam's state has no ${name}`);
        return floatsOf(moment);
      };
      const [steps = 0] = state.get('steps')?.toNumbers() ?? [];
      return { steps, means: floats('mean.0'), squares: floats('square.0') };
    });
  }

  #advantages(rewards: readonly number[], baseline: Baseline): readonly number[] {
    const { baseline: kind, normaliseAdvantages, policyWeight } = this.#settings;
    const raw = advantagesOf(rewards, baseline, kind);
    return (normaliseAdvantages ? normalised(raw) : raw).map((advantage) => policyWeight * advantage);
  }

  /** One minibatch in the order of its trials' numbers, so that the order of arrival inside it does not count. */
  #update(arrived: readonly StrategyResult[]): void {
    const minibatch = [...arrived].sort((a, b) => a.number - b.number);
    const rewards = minibatch.map((result) => result.reward);
    const { baseline } = this.#counters;
    const { policyWeight, warmup } = this.#settings;
    const advantages = this.#advantages(rewards, baseline);
    // A warm-up's samples are not the policy's own: REINFORCE would be biased by them.
    const own = minibatch
      .map((result, k) => ({ ...result, advantage: advantages[k] ?? 0 }))
      .filter(({ number }) => policyWeight > 0 && number > warmup);
    const moved = this.#descend(
      own.map(({ sample }) => sample),
      own.map(({ advantage }) => advantage),
    );
    this.#counters = {
      ...this.#counters,
      updates: this.#counters.updates + (moved ? 1 : 0),
      baseline: updatedBaseline(baseline, rewards, this.#settings.baselineDecay),
    };
  }

  /** Changes the weights. @returns false where there is nothing to learn from: in a warm-up */
  #descend(samples: readonly Sample[], advantages: readonly number[]): boolean {
    const { gradientSteps, clip, temperature } = this.#settings;
    const elites = this.#elites();
    if (samples.length + elites.length === 0) return false;
    const before =
      clip === null || samples.length === 0
        ? null
        : noGrad(() =>
            scope(() => score(this.controller, this.#space, samples, { temperature }).logProbs.toNumbers()),
          );
    for (let step = 0; step < gradientSteps; step++) {
      scope(() => {
        const gradient = lossGradient(this.controller, this.#space, samples, advantages, {
          temperature,
          entropyBonus: this.#entropyBonus(),
          elites,
          ...(clip === null || before === null ? {} : { clip: { epsilon: clip, before } }),
        });
        this.#adam.step([gradient]);
      });
    }
    return true;
  }

  #entropyBonus(): number {
    const { entropyBonus, entropyHalfLife } = this.#settings;
    return entropyHalfLife === null
      ? entropyBonus
      : entropyBonus * 0.5 ** (this.#counters.updates / entropyHalfLife);
  }

  /** The best distinct samples so far, best first; none until the warm-up is over. */
  #elites(): readonly Sample[] {
    const { elites, warmup } = this.#settings;
    if (elites === 0 || this.#history.told.length < warmup) return [];
    const best = new Map<string, Sample>();
    for (const { sample } of byReward(this.#history.told)) {
      if (best.size === elites) break;
      const key = sampleKey(sample);
      if (!best.has(key)) best.set(key, sample);
    }
    return [...best.values()];
  }

  state(): Uint8Array {
    return scope(() =>
      encodeState({
        header: this.#header,
        counters: this.#counters,
        pending: this.#pending,
        history: this.#history,
        surrogate: this.#surrogate.state,
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
        this.#history = saved.history;
        this.#surrogate.state = saved.surrogate;
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

function floatsOf(vector: Tensor): Float32Array {
  return Float32Array.from(vector.toNumbers());
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
