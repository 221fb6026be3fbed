import { z } from 'zod';
import { randomStream } from '../random.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { checkedResults } from './check-results.ts';
import { readJsonState, writeJsonState } from './json-state.ts';
import { stateHeader } from './state-header.ts';
import { parseStrategyOptions, type StrategyFactory } from './strategy.ts';

const NAME = 'random';
const FORMAT_VERSION = 1;

const stateSchema = z.object({ drawn: z.int().min(0) });

/**
 * Random search (Zoph & Le 2017, §4.2): every allowed option equally likely, every earlier anchor with
 * probability ½. The control that any learning strategy has to beat.
 *
 * Uniform over each question's options, which in a conditional space is not uniform over its architectures.
 */
export const randomSearch: StrategyFactory = (space: SearchSpace, options: unknown, seed: number) => {
  parseStrategyOptions(NAME, z.strictObject({}), options);
  const header = stateHeader(NAME, FORMAT_VERSION, space, seed, {});
  let drawn = 0;
  return {
    name: NAME,
    ask(n, args) {
      const samples = Array.from({ length: n }, (_, k) =>
        sampleUniformly(space, args, randomStream(seed, 'sample', drawn + k)),
      );
      drawn += n;
      return samples;
    },
    adopt(samples) {
      drawn += samples.length;
    },
    tell(results) {
      checkedResults(space, results); // nothing is learned, but what no strategy could learn from is refused here too
    },
    state: () => writeJsonState(header, { drawn }),
    restore(bytes) {
      drawn = readJsonState(bytes, header, stateSchema).drawn;
    },
    summary: () => ({ samples: drawn, updates: 0, baseline: null, entropy: null, kl: null }),
    dispose() {},
  };
};
