import { z } from 'zod';
import { type RandomStream, randomStream } from '../random.ts';
import { canonicalJson } from '../search-space/canonical-json.ts';
import { carriedOver } from '../search-space/mutate.ts';
import { type Change, changesOf, withChange } from '../search-space/neighbours.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { checkedResults } from './check-results.ts';
import { compactSample, compactSampleSchema, sampleOf } from './compact-result.ts';
import { History, historySchema } from './history.ts';
import { readJsonState, writeJsonState } from './json-state.ts';
import { type StateHeader, stateHeader } from './state-header.ts';
import {
  parseStrategyOptions,
  type Strategy,
  type StrategyResult,
  type StrategySummary,
} from './strategy.ts';
import { drawUnseen } from './unseen.ts';

const NAME = 'local-search';
const FORMAT_VERSION = 1;

const optionsSchema = z.strictObject({
  /**
   * `best`: evaluate all neighbours, then move to the best of them (White et al. 2020, the basic algorithm).
   * `first`: move to the first neighbour that is better (their variant; den Ottelander et al. 2020 move so too).
   */
  move: z.enum(['best', 'first']).default('best'),
});
type Move = z.output<typeof optionsSchema>['move'];

const stateSchema = z.object({
  drawn: z.int().min(0),
  history: historySchema,
  climb: z
    .object({
      at: compactSampleSchema,
      reward: z.number(),
      left: z.array(z.int().min(0)),
      awaited: z.array(z.string()),
      best: z.tuple([compactSampleSchema, z.number()]).nullable(),
    })
    .nullable(),
  starts: z.array(compactSampleSchema),
  arguments: z.string().nullable(),
});

/** Where a climb stands. */
interface Climb {
  readonly at: Sample;
  /** The last reward of `at`. */
  readonly reward: number;
  readonly changes: readonly Change[];
  /** Indices of the changes that have not been tried. */
  left: number[];
  /** Keys of neighbours that have been asked and not told. */
  awaited: string[];
  /** The best neighbour told so far, of equal ones the first; null before the first. */
  best: { readonly sample: Sample; readonly reward: number } | null;
}

/** Local search for neural architectures (White, Nolen & Savani 2020; den Ottelander et al. 2020). */
export const localSearch = (space: SearchSpace, options: unknown, seed: number): Strategy =>
  new LocalSearch(space, parseStrategyOptions(NAME, optionsSchema, options).move, seed);

/**
 * States: without a climb it draws a start, uniformly; once a start is told a climb begins there. A climb asks for
 * its neighbours in random order, moves while there is a better one, and ends at a local optimum.
 *
 * What has been asked before is not asked again: a neighbour with a known reward counts without a trial. While the
 * last neighbours are awaited, further starts are drawn; the best of those told begins the next climb. Where 100
 * draws bring no new start, the space counts as exhausted and the start is a repeat.
 *
 * Under new arguments the climb goes on from its place, carried over. Adopted samples are starts; where all of them
 * have other arguments than the first `ask`, the best that has been told is carried over.
 */
class LocalSearch implements Strategy {
  readonly name = NAME;
  readonly #space: SearchSpace;
  readonly #move: Move;
  readonly #seed: number;
  readonly #header: StateHeader;
  #drawn = 0;
  #history = new History();
  #climb: Climb | null = null;
  /** Asked as starts of climbs that have not begun. */
  #starts: readonly Sample[] = [];
  /** Canonical JSON of the arguments of the last `ask`; null before the first. */
  #arguments: string | null = null;

  constructor(space: SearchSpace, move: Move, seed: number) {
    this.#space = space;
    this.#move = move;
    this.#seed = seed;
    this.#header = stateHeader(NAME, FORMAT_VERSION, space, seed, { move });
  }

  ask(n: number, args: SpaceArguments): readonly Sample[] {
    return Array.from({ length: n }, () => {
      const stream = randomStream(this.#seed, 'sample', this.#drawn);
      const sample = this.#underNewArguments(args, stream) ?? this.#next(args, stream);
      this.#history.asked(sample);
      this.#drawn += 1;
      return sample;
    });
  }

  /** The place of the climb under other arguments, as a start; null where there is none or nothing changed. */
  #underNewArguments(args: SpaceArguments, stream: RandomStream): Sample | null {
    const written = canonicalJson(args);
    if (written === this.#arguments) return null;
    const adopted = this.#arguments === null ? this.#starts : [];
    const place = this.#climb?.at ?? this.#bestOf(adopted);
    this.#arguments = written;
    this.#climb = null;
    this.#starts = adopted.filter((sample) => canonicalJson(sample.arguments) === written);
    if (place === null || this.#starts.length > 0) return null;
    const carried = carriedOver(this.#space, place, args, stream);
    this.#starts = [carried];
    return this.#history.knows(sampleKey(carried)) ? null : carried;
  }

  /** The sample with the highest reward; the first where none has been told; null where there is none. */
  #bestOf(samples: readonly Sample[]): Sample | null {
    const [first = null] = samples;
    const rewardOf = (sample: Sample) => this.#history.rewardOf(sampleKey(sample)) ?? -Infinity;
    return samples.reduce(
      (best, sample) => (best !== null && rewardOf(sample) > rewardOf(best) ? sample : best),
      first,
    );
  }

  #next(args: SpaceArguments, stream: RandomStream): Sample {
    for (;;) {
      const climb = this.#climb ?? this.#begun();
      const neighbour = climb === null ? null : this.#neighbour(climb, stream);
      if (neighbour !== null) return neighbour;
      if (climb === null || (climb.awaited.length > 0 && !this.#mayMove(climb))) break;
      // The move strictly raises the reward, so that this loop ends.
      const { best } = climb;
      this.#climb =
        best !== null && best.reward > climb.reward ? this.#climbFrom(best.sample, best.reward) : null;
    }
    const start = drawUnseen(this.#history, () => sampleUniformly(this.#space, args, stream));
    this.#starts = [...this.#starts, start];
    return start;
  }

  /** Begins a climb at the best start that has been told, of equal ones the first; null where none has. */
  #begun(): Climb | null {
    const told = this.#starts.flatMap((sample) => {
      const reward = this.#history.rewardOf(sampleKey(sample));
      return reward === undefined ? [] : [{ sample, reward }];
    });
    const [first] = told;
    if (first === undefined) return null;
    const best = told.reduce((a, b) => (b.reward > a.reward ? b : a), first);
    this.#starts = this.#starts.filter((sample) => sample !== best.sample);
    this.#climb = this.#climbFrom(best.sample, best.reward);
    return this.#climb;
  }

  #climbFrom(at: Sample, reward: number): Climb {
    const changes = changesOf(this.#space, at);
    return { at, reward, changes, left: changes.map((_, i) => i), awaited: [], best: null };
  }

  /** A neighbour to evaluate; null where none is left, or where the climb may move already. */
  #neighbour(climb: Climb, stream: RandomStream): Sample | null {
    while (climb.left.length > 0 && !this.#mayMove(climb)) {
      const [index] = climb.left.splice(stream.integer(climb.left.length), 1);
      const change = climb.changes[index ?? -1];
      if (change === undefined) continue;
      const sample = withChange(this.#space, climb.at, change, stream);
      const key = sampleKey(sample);
      const reward = this.#history.rewardOf(key);
      if (reward !== undefined) {
        consider(climb, sample, reward);
        continue;
      }
      climb.awaited.push(key);
      if (!this.#history.isPending(key)) return sample;
    }
    return null;
  }

  /** Whether the climb need not wait for its other neighbours. */
  #mayMove({ best, reward }: Climb): boolean {
    return this.#move === 'first' && best !== null && best.reward > reward;
  }

  adopt(samples: readonly Sample[]): void {
    for (const sample of samples) this.#history.asked(sample);
    this.#starts = [...this.#starts, ...samples];
    this.#drawn += samples.length;
  }

  tell(results: readonly StrategyResult[]): void {
    for (const result of checkedResults(this.#space, results)) {
      const key = this.#history.tell(result);
      const climb = this.#climb;
      if (climb === null || !climb.awaited.includes(key)) continue;
      climb.awaited = climb.awaited.filter((awaited) => awaited !== key);
      consider(climb, result.sample, result.reward);
    }
  }

  state(): Uint8Array {
    const climb = this.#climb;
    const content: z.input<typeof stateSchema> = {
      drawn: this.#drawn,
      history: this.#history.compact(),
      climb:
        climb === null
          ? null
          : {
              at: compactSample(climb.at),
              reward: climb.reward,
              left: climb.left,
              awaited: climb.awaited,
              best: climb.best === null ? null : [compactSample(climb.best.sample), climb.best.reward],
            },
      starts: this.#starts.map(compactSample),
      arguments: this.#arguments,
    };
    return writeJsonState(this.#header, content);
  }

  restore(bytes: Uint8Array): void {
    const saved = readJsonState(bytes, this.#header, stateSchema);
    const sample = (compact: z.output<typeof compactSampleSchema>) => sampleOf(this.#space, compact);
    const history = History.of(this.#space, saved.history);
    const starts = saved.starts.map(sample);
    const climb = saved.climb === null ? null : this.#climbFrom(sample(saved.climb.at), saved.climb.reward);
    if (climb !== null && saved.climb !== null) {
      const { left, awaited, best } = saved.climb;
      climb.left = [...left];
      climb.awaited = [...awaited];
      climb.best = best === null ? null : { sample: sample(best[0]), reward: best[1] };
    }
    this.#history = history;
    this.#climb = climb;
    this.#starts = starts;
    this.#drawn = saved.drawn;
    this.#arguments = saved.arguments;
  }

  summary(): StrategySummary {
    return { samples: this.#drawn, updates: 0, baseline: null, entropy: null, kl: null };
  }

  dispose(): void {}
}

function consider(climb: Climb, sample: Sample, reward: number): void {
  if (climb.best === null || reward > climb.best.reward) climb.best = { sample, reward };
}
