import { z } from 'zod';
import { type RandomStream, randomStream } from '../random.ts';
import { mutate } from '../search-space/mutate.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { checkedResults } from './check-results.ts';
import { compactResult, compactResultSchema, resultOf } from './compact-result.ts';
import { readJsonState, writeJsonState } from './json-state.ts';
import { stateHeader } from './state-header.ts';
import { parseStrategyOptions, type StrategyFactory, type StrategyResult } from './strategy.ts';

const NAME = 'evolution';
const FORMAT_VERSION = 1;

/** Real et al. 2019 call them P and S. The defaults are those of NAS-Bench-201 (Dong & Yang 2020, §4). */
const optionsSchema = z
  .strictObject({
    /** P: how many of the latest results may become parents; so many samples are drawn uniformly first. */
    population: z.int().min(1).default(10),
    /** S: how many of them are drawn for a tournament, whose best is the parent. */
    sample: z.int().min(1).default(10),
    /** Whether one result may be drawn several times for one tournament, as in the published programs. */
    replacement: z.boolean().default(true),
  })
  .refine(({ population, sample, replacement }) => replacement || sample <= population, {
    path: ['sample'],
    error: 'is larger than the population; draw with replacement, or give a smaller one',
  });
type Options = z.output<typeof optionsSchema>;

const stateSchema = z.object({ drawn: z.int().min(0), population: z.array(compactResultSchema) });

/**
 * Regularized evolution (Real et al. 2019, algorithm 1): the best of a random tournament is the parent, one change
 * of it (`mutate`) is the child, and the oldest result leaves the population however good it is.
 *
 * Asked while results are still awaited it goes on with what has been told: uniform samples until P have been drawn
 * and one has been told, children after that. Age is the order in which results arrive; results that arrive together
 * age in the order of their trials. Adopted samples are of the first P.
 */
export const evolution: StrategyFactory = (space: SearchSpace, options: unknown, seed: number) => {
  const settings = parseStrategyOptions(NAME, optionsSchema, options);
  const header = stateHeader(NAME, FORMAT_VERSION, space, seed, settings);
  let drawn = 0;
  let population: readonly StrategyResult[] = [];

  function draw(args: SpaceArguments, stream: RandomStream): Sample {
    const parent = drawn < settings.population ? null : winner(population, settings, stream);
    return parent === null ? sampleUniformly(space, args, stream) : mutate(space, parent, args, stream);
  }

  return {
    name: NAME,
    ask(n, args) {
      return Array.from({ length: n }, () => {
        const sample = draw(args, randomStream(seed, 'sample', drawn));
        drawn += 1;
        return sample;
      });
    },
    adopt(samples) {
      drawn += samples.length;
    },
    tell(results) {
      population = [...population, ...checkedResults(space, results)].slice(-settings.population);
    },
    state: () => writeJsonState(header, { drawn, population: population.map(compactResult) }),
    restore(bytes) {
      const saved = readJsonState(bytes, header, stateSchema);
      population = saved.population.map((result) => resultOf(space, result));
      drawn = saved.drawn;
    },
    summary: () => ({ samples: drawn, updates: 0, baseline: null, entropy: null, kl: null }),
    dispose() {},
  };
};

/** The best of a tournament, of equal ones the first drawn; null where nothing has been told. */
function winner(
  population: readonly StrategyResult[],
  { sample: size, replacement }: Options,
  stream: RandomStream,
): Sample | null {
  if (population.length === 0) return null;
  const drawn = replacement
    ? Array.from({ length: size }, () => stream.integer(population.length))
    : [...stream.permutation(population.length)].slice(0, size);
  return drawn
    .map((index) => population[index] as StrategyResult)
    .reduce((best, candidate) => (candidate.reward > best.reward ? candidate : best)).sample;
}
