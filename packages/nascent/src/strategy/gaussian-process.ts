import { z } from 'zod';
import { type RandomStream, randomStream } from '../random.ts';
import { mutate } from '../search-space/mutate.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { checkedResults } from './check-results.ts';
import { History, historySchema } from './history.ts';
import { readJsonState, writeJsonState } from './json-state.ts';
import { type StateHeader, stateHeader } from './state-header.ts';
import {
  parseStrategyOptions,
  type Strategy,
  type StrategyResult,
  type StrategySummary,
} from './strategy.ts';
import { byReward, Surrogate, surrogateOptions, surrogateStateSchema } from './surrogate.ts';
import { drawUnseen } from './unseen.ts';

const NAME = 'gaussian-process';
const FORMAT_VERSION = 1;

/** Nothing of this is published for decisions; the defaults are measured (docs/decisions/0051-rival-strategies.md). */
const optionsSchema = z.strictObject({
  /** Results to wait for; until then samples are drawn uniformly. */
  startup: z.int().min(2).default(20),
  /** Of the best results so far so many have mutations among the candidates, */
  parents: z.int().min(0).default(5),
  /** so many each. */
  mutations: z.int().min(0).default(20),
  /** Candidates drawn uniformly. */
  uniform: z.int().min(1).default(200),
  ...surrogateOptions,
});
type Options = z.output<typeof optionsSchema>;

const stateSchema = z.object({
  drawn: z.int().min(0),
  history: historySchema,
  fitted: surrogateStateSchema,
});

/**
 * Bayesian optimisation (Jones et al. 1998; for architectures Kandasamy et al. 2018): a Gaussian process over the
 * answers, and of many candidates the one with the greatest expected improvement.
 */
export const gaussianProcess = (space: SearchSpace, options: unknown, seed: number): Strategy =>
  new GaussianProcess(space, parseStrategyOptions(NAME, optionsSchema, options), seed);

/**
 * Candidates are mutations of the best results and uniform samples, none of them asked before. Where there is none,
 * or where all rewards so far are equal, a uniform sample is drawn instead: a new one, or after 100 draws a repeat.
 */
class GaussianProcess implements Strategy {
  readonly name = NAME;
  readonly #space: SearchSpace;
  readonly #settings: Options;
  readonly #seed: number;
  readonly #header: StateHeader;
  #drawn = 0;
  #history = new History();
  readonly #surrogate: Surrogate;

  constructor(space: SearchSpace, settings: Options, seed: number) {
    this.#space = space;
    this.#settings = settings;
    this.#seed = seed;
    this.#surrogate = new Surrogate(settings);
    this.#header = stateHeader(NAME, FORMAT_VERSION, space, seed, settings);
  }

  ask(n: number, args: SpaceArguments): readonly Sample[] {
    return Array.from({ length: n }, () => {
      const stream = randomStream(this.#seed, 'sample', this.#drawn);
      const uniform = () => sampleUniformly(this.#space, args, stream);
      const sample = this.#mostPromising(args, stream) ?? drawUnseen(this.#history, uniform);
      this.#history.asked(sample);
      this.#drawn += 1;
      return sample;
    });
  }

  /** Null where too little is known, or where all candidates have been asked before. */
  #mostPromising(args: SpaceArguments, stream: RandomStream): Sample | null {
    const { told } = this.#history;
    const tellsNothing = told.every(({ reward }) => reward === told[0]?.reward);
    if (told.length < this.#settings.startup || tellsNothing) return null;
    return this.#surrogate.mostPromising(this.#history, this.#candidates(args, stream));
  }

  /** Samples that have not been asked before, each once. */
  #candidates(args: SpaceArguments, stream: RandomStream): readonly Sample[] {
    const { parents, mutations, uniform } = this.#settings;
    const found = new Map<string, Sample>();
    const add = (sample: Sample): void => {
      const key = sampleKey(sample);
      if (!this.#history.knows(key)) found.set(key, sample);
    };
    for (const { sample } of byReward(this.#history.told).slice(0, parents)) {
      for (let k = 0; k < mutations; k++) add(mutate(this.#space, sample, args, stream));
    }
    for (let k = 0; k < uniform; k++) add(sampleUniformly(this.#space, args, stream));
    return [...found.values()];
  }

  adopt(samples: readonly Sample[]): void {
    for (const sample of samples) this.#history.asked(sample);
    this.#drawn += samples.length;
  }

  tell(results: readonly StrategyResult[]): void {
    for (const result of checkedResults(this.#space, results)) this.#history.tell(result);
  }

  state(): Uint8Array {
    return writeJsonState(this.#header, {
      drawn: this.#drawn,
      history: this.#history.compact(),
      fitted: this.#surrogate.state,
    });
  }

  restore(bytes: Uint8Array): void {
    const saved = readJsonState(bytes, this.#header, stateSchema);
    this.#history = History.of(this.#space, saved.history);
    this.#drawn = saved.drawn;
    this.#surrogate.state = saved.fitted;
  }

  summary(): StrategySummary {
    return { samples: this.#drawn, updates: 0, baseline: null, entropy: null, kl: null };
  }

  dispose(): void {}
}
