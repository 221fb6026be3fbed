import { canonicalJson } from '../search-space/canonical-json.ts';
import type { SpaceIdentity } from '../search-space/sample.ts';
import type { StudyRecord } from '../store/store.ts';
import type { StudyConfig } from './config.ts';
import { ConfigChangedError } from './errors.ts';

/** What may change when a study is resumed: how much is done at what cost, not what is searched and how. */
export const changeable: readonly (keyof StudyConfig)[] = [
  'trials',
  'budget',
  'workers',
  'parallel',
  'limits',
  'compare',
  'retrain',
];

/**
 * Refuses to resume a study under another config.
 * @throws ConfigChangedError naming the first key that differs
 */
export function refuseChangedConfig(
  study: StudyRecord,
  now: {
    readonly config: StudyConfig;
    readonly space: SpaceIdentity;
    readonly evaluatorIdentity: string;
    /** Null where it is not known. */
    readonly datasetChecksum: string | null;
  },
  location: string,
): void {
  const stored = isObject(study.config) ? study.config : {};
  for (const key of new Set([...Object.keys(stored), ...Object.keys(now.config)])) {
    if (changeable.some((name) => name === key)) continue;
    const difference = firstDifference(stored[key], now.config[key as keyof StudyConfig], key);
    if (difference !== null) {
      throw new ConfigChangedError(location, difference.path, difference.before, difference.after);
    }
  }
  // The same names, but other modules behind them.
  if (canonicalJson(study.space) !== canonicalJson(now.space)) {
    throw new ConfigChangedError(
      location,
      'the search space (its declared decisions)',
      study.space,
      now.space,
    );
  }
  if (study.evaluatorIdentity !== now.evaluatorIdentity) {
    throw new ConfigChangedError(
      location,
      'the content of the evaluator’s module',
      study.evaluatorIdentity.slice(0, 12),
      now.evaluatorIdentity.slice(0, 12),
    );
  }
  // Other images under the same name: rewards would not compare.
  const { datasetChecksum: before } = study;
  const after = now.datasetChecksum;
  if (before !== null && after !== null && before !== after) {
    throw new ConfigChangedError(
      location,
      'the content of the data set (its checksum)',
      before.slice(0, 12),
      after.slice(0, 12),
    );
  }
}

/** The first place where two configs differ. */
export interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Null where both are the same. @param path names the place of both */
export function firstDifference(before: unknown, after: unknown, path: string): Difference | null {
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const difference = firstDifference(before[key], after[key], `${path}.${key}`);
      if (difference !== null) return difference;
    }
    return null;
  }
  const same = canonicalJson(before ?? null) === canonicalJson(after ?? null);
  return same ? null : { path, before, after };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
