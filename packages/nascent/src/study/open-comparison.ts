import { canonicalJson } from '../search-space/canonical-json.ts';
import type { ComparisonRecord, ComparisonStore, RunKey } from '../store/comparison-store.ts';
import { liveness } from '../trial/owner.ts';
import type { StudyConfig } from './config.ts';
import { ComparedStrategyChangedError, ComparisonChangedError, ComparisonRunningError } from './errors.ts';
import type { PreparedComparison } from './prepare-comparison.ts';
import { firstDifference } from './resume-check.ts';
import type { RunningProcess } from './this-process.ts';

export interface ComparisonOpening {
  readonly store: ComparisonStore;
  readonly config: StudyConfig;
  readonly prepared: PreparedComparison;
  readonly datasetChecksum: string | null;
  readonly codeVersion: string;
  readonly process: RunningProcess;
  /** Takes the comparison from an owner that cannot be judged from here (another machine). */
  readonly takeOver: boolean;
}

/** What the runs of a comparison depend on, whichever strategy makes them. */
const fixed: readonly (keyof StudyConfig)[] = [
  'space',
  'evaluator',
  'reward',
  'trials',
  'budget',
  'limits',
  'stopping',
  'warmStart',
];

/** What a comparison that is there is checked against. */
export type ComparisonCheck = Pick<
  ComparisonOpening,
  'store' | 'config' | 'prepared' | 'datasetChecksum' | 'process' | 'takeOver'
>;

/**
 * Refuses what cannot go on, before anything is loaded for it; does nothing where nothing was begun.
 * @throws ComparisonChangedError, ComparedStrategyChangedError, ComparisonRunningError
 */
export async function checkComparison(check: ComparisonCheck): Promise<void> {
  const { store, prepared, process, takeOver } = check;
  const existing = await store.comparison();
  if (existing === null) return;
  refuseChangedComparison(existing, check);
  const done = await store.runKeys();
  for (const { label, identity } of prepared.strategies) {
    const other = done.find((run) => run.strategy === label && run.identity !== identity);
    if (other !== undefined) {
      throw new ComparedStrategyChangedError(store.location, label, other.identity, identity);
    }
  }
  const { owner } = existing;
  if (owner === null || takeOver) return;
  const judged = liveness(owner, process.machine);
  if (judged !== 'dead') throw new ComparisonRunningError(store.location, owner, judged);
}

/**
 * Begins the store's comparison, or takes up the one that is there, and claims it for this process.
 * @returns the runs that are there already
 * @throws as `checkComparison`; NotAComparisonError
 */
export async function openComparison(opening: ComparisonOpening): Promise<readonly RunKey[]> {
  const { store, config, prepared, datasetChecksum, codeVersion, process, takeOver } = opening;
  await checkComparison(opening);
  const existing = await store.comparison();
  if (existing === null) {
    const { space, evaluatorIdentity } = prepared;
    await store.begin({ config, space: space.identity, evaluatorIdentity, codeVersion, datasetChecksum });
  }

  const judge = (owner: Parameters<typeof liveness>[0]) => liveness(owner, process.machine);
  const claim = await store.claim(process.identity, judge, takeOver);
  if (!claim.claimed) throw new ComparisonRunningError(store.location, claim.owner, claim.liveness);

  if (existing === null) await store.log('created', { codeVersion });
  else {
    await store.log('resumed', { codeVersion, runs: (await store.runKeys()).length });
    if (canonicalJson(existing.config) !== canonicalJson(config)) {
      await store.changeConfig(process.identity, config);
      await store.log('config-changed', { from: existing.config, to: config });
    }
  }
  return store.runKeys();
}

/** @throws ComparisonChangedError naming the first thing that differs */
function refuseChangedComparison(
  existing: ComparisonRecord,
  { store, config, prepared, datasetChecksum }: ComparisonCheck,
): void {
  const refuse = (what: string, before: unknown, after: unknown): never => {
    throw new ComparisonChangedError(store.location, what, before, after);
  };
  const stored = isObject(existing.config) ? existing.config : {};
  for (const key of fixed) {
    const difference = firstDifference(stored[key], config[key], key);
    if (difference !== null) refuse(difference.path, difference.before, difference.after);
  }
  // The same names, but other modules or data behind them.
  if (canonicalJson(existing.space) !== canonicalJson(prepared.space.identity)) {
    refuse('the search space (its declared decisions)', existing.space, prepared.space.identity);
  }
  if (existing.evaluatorIdentity !== prepared.evaluatorIdentity) {
    refuse(
      'the content of the evaluator’s module',
      existing.evaluatorIdentity.slice(0, 12),
      prepared.evaluatorIdentity.slice(0, 12),
    );
  }
  const { datasetChecksum: before } = existing;
  if (before !== null && datasetChecksum !== null && before !== datasetChecksum) {
    refuse(
      'the content of the table or data set (its checksum)',
      before.slice(0, 12),
      datasetChecksum.slice(0, 12),
    );
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
