import { NascentError } from '../errors.ts';
import { canonicalJson } from '../search-space/canonical-json.ts';
import { PRESETS, policyGradientOptionsSchema, settingsOf } from '../strategy/presets.ts';
import type { ComparePlan } from './config.ts';
import type { ModuleReference } from './module-reference.ts';
import { builtInStrategyNames } from './modules.ts';
import { nearest } from './nearest.ts';

/** A strategy as a comparison runs it. */
export interface ComparedStrategy {
  /** What reports call it. Unique in its comparison. */
  readonly label: string;
  readonly use: string;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** A strategy of a comparison that cannot be meant, or two that are called the same. */
export class ComparedStrategyError extends NascentError {}

/**
 * What the entries of `compare.strategies` mean. A name alone is a built-in strategy with its defaults, or a preset
 * of the policy gradient (`paper`, `strong`); it is the label too.
 * @throws ComparedStrategyError with the nearest name that is known, or where two have one label
 */
export async function comparedStrategies(
  entries: ComparePlan['strategies'],
): Promise<readonly ComparedStrategy[]> {
  const builtIn = await builtInStrategyNames();
  const strategies = entries.map((entry) => (typeof entry === 'string' ? named(entry, builtIn) : entry));
  const labels = strategies.map((strategy) => strategy.label);
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) {
    throw new ComparedStrategyError(
      'COMPARED_STRATEGY_TWICE',
      `two strategies of the comparison are called "${twice}". Name each once, or give each a label of its own.`,
    );
  }
  return strategies;
}

/**
 * The entries that the command line names: by the labels of the config, else as names of their own.
 * @param configured `compare.strategies` of the config
 */
export function chosenStrategies(
  names: readonly string[],
  configured: ComparePlan['strategies'],
): ComparePlan['strategies'] {
  return names.map(
    (name) => configured.find((entry) => typeof entry !== 'string' && entry.label === name) ?? name,
  );
}

function named(name: string, builtIn: readonly string[]): ComparedStrategy {
  if (Object.hasOwn(PRESETS, name)) return { label: name, use: 'policy-gradient', options: { preset: name } };
  if (builtIn.includes(name)) return { label: name, use: name };
  const known = [...Object.keys(PRESETS), ...builtIn];
  const meant = nearest(name, known);
  throw new ComparedStrategyError(
    'COMPARED_STRATEGY_UNKNOWN',
    `there is no strategy or preset "${name}" to compare. ${meant === null ? '' : `Did you mean "${meant}"? `}` +
      `Known: ${known.join(', ')}. A strategy with options, or of your own, stands in the config: ` +
      "compare: { strategies: [{ label: 'mine', use: './my-strategy.ts', options: { … } }] }",
  );
}

/**
 * Identity of a strategy: two strategies with the same identity make the same run of the same seed.
 * @returns canonical JSON of its name or its module's content, and its options; those of the policy gradient with
 *   their preset's values in place of its name, so that a preset that was changed is not taken for the old one
 */
export function strategyIdentity(module: ModuleReference, options: unknown): string {
  if (module.origin !== 'built-in') {
    return canonicalJson({ content: module.contentHash, options: options ?? {} });
  }
  return canonicalJson({ use: module.use, options: completed(module.use, options) });
}

function completed(use: string, options: unknown): unknown {
  if (use !== 'policy-gradient') return options ?? {};
  const parsed = policyGradientOptionsSchema.safeParse(options ?? {});
  return parsed.success ? settingsOf(parsed.data) : options; // the strategy itself says what is wrong with them
}

/** For people: `policy-gradient, preset strong`. */
export function describeStrategy({ use, options }: ComparedStrategy): string {
  const named = Object.entries(options ?? {}).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [use, ...named].join(', ');
}
