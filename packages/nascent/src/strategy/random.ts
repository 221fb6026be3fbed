import { z } from 'zod';
import { randomStream } from '../random.ts';
import { refuseForeign } from '../search-space/replay.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { refuseForeignState, stateHeader } from './state-header.ts';
import {
  parseStrategyOptions,
  type StrategyFactory,
  StrategyRewardError,
  StrategyStateError,
} from './strategy.ts';

const NAME = 'random';
const FORMAT_VERSION = 1;

const stateSchema = z.object({
  header: z.unknown(),
  drawn: z.int().min(0),
});

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
    tell(results) {
      // Nothing is learned, but what would break a learning strategy is refused here too.
      for (const { number, sample, reward } of results) {
        refuseForeign(sample.space, space.identity);
        if (!Number.isFinite(reward)) throw new StrategyRewardError(number, reward);
      }
    },
    state: () => new TextEncoder().encode(JSON.stringify({ header, drawn })),
    restore(bytes) {
      const saved = parseState(bytes);
      refuseForeignState(saved.header, header);
      drawn = saved.drawn;
    },
    summary: () => ({ samples: drawn, updates: 0, baseline: null, entropy: null, kl: null }),
    dispose() {},
  };
};

function parseState(bytes: Uint8Array) {
  try {
    return stateSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new StrategyStateError(
      `the saved state of the strategy "${NAME}" cannot be read: it is damaged, or another strategy wrote it`,
      { cause },
    );
  }
}
