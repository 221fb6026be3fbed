import { z } from 'zod';
import type { StudyConfig } from './config.ts';

/** Searches with fewer trials use the preset `strong` where they name none, longer ones the paper's settings. */
export const LONG_SEARCH_TRIALS = 1000;

/** The share of a search's trials that its warm-up takes at most. */
const WARMUP_SHARE = 0.3;
/** The warm-up of the preset `strong` in a search that is long enough for it. */
const WARMUP = 30;

/** A strategy as a config names it. */
interface StrategyChoice {
  readonly use: string;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

const optionsSchema = z.looseObject({ preset: z.string().optional(), warmup: z.number().optional() });

/**
 * A strategy with its preset written out, so that it is kept with the study: resumed with more trials, a study goes on
 * with the preset that it was begun with.
 *
 * Only the policy gradient has presets. `strong` draws its first 30 samples uniformly, in a search of fewer than 100
 * trials the first 30 %.
 * @param trials of the whole search
 * @param begun the strategy that the study was begun with; null for a new study
 */
export function withDefaultPreset(
  strategy: StrategyChoice,
  trials: number,
  begun: StrategyChoice | null = null,
): StudyConfig['strategy'] {
  const { use } = strategy;
  const given = { use, ...(strategy.options === undefined ? {} : { options: { ...strategy.options } }) };
  if (use !== 'policy-gradient') return given;
  const options = optionsSchema.safeParse(strategy.options ?? {});
  if (!options.success) return given; // the strategy itself says what is wrong
  const before = begun?.use === strategy.use ? optionsSchema.safeParse(begun.options ?? {}).data : undefined;
  const preset =
    options.data.preset ??
    (before === undefined ? undefined : (before.preset ?? 'paper')) ?? // the default before there was `strong`
    (trials < LONG_SEARCH_TRIALS ? 'strong' : 'paper');
  if (preset !== 'strong') return { use, options: { ...strategy.options, preset } };
  const warmup =
    options.data.warmup ?? before?.warmup ?? Math.min(WARMUP, Math.max(1, Math.round(WARMUP_SHARE * trials)));
  return { use, options: { ...strategy.options, preset, warmup } };
}
