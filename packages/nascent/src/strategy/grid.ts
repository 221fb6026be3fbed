import { z } from 'zod';
import { NascentError } from '../errors.ts';
import { enumerate } from '../search-space/enumerate.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { checkedResults } from './check-results.ts';
import { readJsonState, writeJsonState } from './json-state.ts';
import { stateHeader } from './state-header.ts';
import { parseStrategyOptions, type StrategyFactory } from './strategy.ts';

const NAME = 'grid';
const FORMAT_VERSION = 1;

const stateSchema = z.object({ drawn: z.int().min(0) });

/** More samples were asked for than the space has. */
export class GridExhaustedError extends NascentError {
  constructor(space: string, size: number) {
    super(
      'GRID_EXHAUSTED',
      `the strategy "grid" has asked for every sample of the space "${space}" once: there are ${size}. ` +
        `Everything so far is kept; set trials to ${size}.`,
    );
  }
}

/**
 * Grid search: every sample of the space once, in the order of `enumerate` (the last question turns fastest).
 * For small spaces, such as the recipes that the best child is trained with again (Zoph & Le 2017, §4.1).
 * Nothing is random, nothing is learned.
 */
export const gridSearch: StrategyFactory = (space: SearchSpace, options: unknown, seed: number) => {
  parseStrategyOptions(NAME, z.strictObject({}), options);
  const header = stateHeader(NAME, FORMAT_VERSION, space, seed, {});
  let drawn = 0;
  let walk: { readonly args: string; readonly samples: Iterator<Sample, void>; position: number } | null =
    null;

  /** Sample number `drawn`, counted from 0. */
  function next(args: SpaceArguments): Sample {
    const key = JSON.stringify(args);
    if (walk === null || walk.args !== key || walk.position > drawn)
      walk = { args: key, samples: enumerate(space, args), position: 0 };
    for (;;) {
      const step = walk.samples.next();
      if (step.done) throw new GridExhaustedError(space.identity.name, walk.position);
      if (walk.position++ === drawn) return step.value;
    }
  }

  return {
    name: NAME,
    ask(n, args) {
      const before = drawn;
      try {
        return Array.from({ length: n }, () => {
          const sample = next(args);
          drawn += 1;
          return sample;
        });
      } catch (thrown) {
        drawn = before;
        throw thrown;
      }
    },
    tell(results) {
      checkedResults(space, results);
    },
    state: () => writeJsonState(header, { drawn }),
    restore(bytes) {
      drawn = readJsonState(bytes, header, stateSchema).drawn;
      walk = null;
    },
    summary: () => ({ samples: drawn, updates: 0, baseline: null, entropy: null, kl: null }),
    dispose() {},
  };
};
