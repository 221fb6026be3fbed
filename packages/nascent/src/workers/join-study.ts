import type { EvaluatorFacts } from '../evaluation/evaluator.ts';
import { assertEvaluatorSuits } from '../reinforce/reward.ts';
import { StudyNotSharedError } from '../store/errors.ts';
import { studyNameOf } from '../store/open-store.ts';
import type { Store, StudyRecord } from '../store/store.ts';
import { parseConfig, type StudyConfig } from '../study/config.ts';
import { nascentVersion } from '../version.ts';
import { DatasetDiffersError, WorkerTooOldError } from './remote-worker-errors.ts';

/**
 * Reads the study that a worker is to join.
 * @throws StudyNotFoundError, StudyNotSharedError, WorkerTooOldError, ConfigInvalidError
 */
export async function readSharedStudy(
  store: Store,
  studyUrl: string,
): Promise<{ readonly study: StudyRecord; readonly config: StudyConfig }> {
  const study = await store.study(studyNameOf(studyUrl));
  if ((await store.shared.sharing(study.id)) === null) throw new StudyNotSharedError(store.location);
  const own = nascentVersion();
  if (isOlder(own, study.codeVersion)) throw new WorkerTooOldError(store.location, own, study.codeVersion);
  return { study, config: parseConfig(study.config, `the config stored in ${store.location}`) };
}

/**
 * Refuses an evaluator that does not suit the study's reward, and data that are not those of the study: those of its first
 * worker.
 * @throws RewardRefusedError, DatasetDiffersError
 */
export async function refuseOtherData(
  store: Store,
  study: StudyRecord,
  config: StudyConfig,
  facts: EvaluatorFacts,
): Promise<void> {
  assertEvaluatorSuits(facts, config.reward);
  const { datasetChecksum: own } = facts;
  const expected = own === null ? study.datasetChecksum : await store.shared.agreeOnDataset(study.id, own);
  if (expected !== null && own !== expected) {
    throw new DatasetDiffersError(store.location, expected, own);
  }
}

/** Whether no trial is left to evaluate, now or later. */
export async function isComplete(store: Store, study: StudyRecord): Promise<boolean> {
  const { config } = await store.study(study.name); // again: `trials` may have been raised
  const { trials, budget } = parseConfig(config, `the config stored in ${store.location}`);
  const { drawn, spentSeconds } = await store.shared.progress(study.id, budget !== undefined);
  if (drawn < trials && (budget === undefined || spentSeconds < budget.seconds)) return false;
  return (await store.shared.dispatchable(study.id)).length === 0;
}

/** Compares versions number by number; what comes after them (`-beta`) does not count. */
export function isOlder(version: string, than: string): boolean {
  const [own, other] = [version, than].map((text) => text.split(/[-+]/)[0]?.split('.').map(Number) ?? []);
  for (let at = 0; at < 3; at += 1) {
    const difference = (own?.[at] ?? 0) - (other?.[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
