import { z } from 'zod';
import { canonicalJson } from '../search-space/canonical-json.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { StrategyStateError } from './strategy.ts';

/** What every saved strategy state says about itself. */
export interface StateHeader {
  readonly strategy: string;
  readonly formatVersion: number;
  /** Canonical description of what the state belongs to. */
  readonly space: string;
  readonly seed: number;
  readonly options: string;
}

const headerSchema = z.object({
  strategy: z.string(),
  formatVersion: z.int(),
  space: z.string(),
  seed: z.number(),
  options: z.string(),
});

export function stateHeader(
  strategy: string,
  formatVersion: number,
  space: SearchSpace,
  seed: number,
  options: unknown,
): StateHeader {
  const { name, version, fingerprint, options: spaceOptions } = space.identity;
  return {
    strategy,
    formatVersion,
    space: `${name}@${version}/${fingerprint} ${canonicalJson(spaceOptions)}`,
    seed,
    options: canonicalJson(options),
  };
}

/** @throws StrategyStateError naming the first thing that differs */
export function refuseForeignState(found: unknown, expected: StateHeader): void {
  const parsed = headerSchema.safeParse(found);
  if (!parsed.success)
    throw new StrategyStateError('the saved strategy state has no valid header: it is damaged');
  const state = parsed.data;
  const words: [keyof StateHeader, string, string][] = [
    ['strategy', 'the strategy', 'Resume with the strategy that the study was started with.'],
    ['formatVersion', 'the format version', 'Resume with the version of Nascent that wrote it.'],
    ['space', 'the search space', 'Resume with the space that the study was started with.'],
    ['seed', 'the seed', 'Resume with the seed that the study was started with.'],
    ['options', 'the options', 'Resume with the options that the study was started with.'],
  ];
  for (const [key, what, fix] of words) {
    if (state[key] === expected[key]) continue;
    throw new StrategyStateError(
      `the saved strategy state has ${what} ${JSON.stringify(state[key])}, but this strategy has ` +
        `${JSON.stringify(expected[key])}. ${fix}`,
    );
  }
}
