import { canonicalJson } from '../search-space/canonical-json.ts';
import type { SearchSpace } from '../search-space/space.ts';
import type { Store, StudyRecord } from '../store/store.ts';
import { liveness } from '../trial/owner.ts';
import type { StudyConfig } from './config.ts';
import { StudyRunningError, StudySharedError } from './errors.ts';
import { refuseChangedConfig } from './resume-check.ts';
import type { RunningProcess } from './this-process.ts';

export interface StudyOpening {
  readonly store: Store;
  /** The study's name; absent: the only one of the store, and `study` where a new one is begun. */
  readonly name?: string | undefined;
  readonly config: StudyConfig;
  readonly space: SearchSpace;
  readonly evaluatorIdentity: string;
  readonly datasetChecksum?: string | null;
  readonly codeVersion: string;
  readonly process: RunningProcess;
  /** Takes the study from an owner that cannot be judged from here (another machine). */
  readonly takeOver: boolean;
}

export interface OpenedStudy {
  readonly study: StudyRecord;
  readonly resumed: boolean;
  /** Trials that the former owner had left running. */
  readonly requeued: readonly number[];
}

/**
 * Begins the store's study, or takes up the one that is there: checks its config, claims it for this process and
 * hands back at once what a dead owner had left running.
 * @throws ConfigChangedError, StudyRunningError
 */
export async function openStudy(opening: StudyOpening): Promise<OpenedStudy> {
  const {
    store,
    config,
    space,
    evaluatorIdentity,
    datasetChecksum = null,
    process,
    takeOver,
    name,
  } = opening;
  const existing = await existingStudy(store, name);
  if (existing !== null) {
    const now = { config, space: space.identity, evaluatorIdentity, datasetChecksum };
    refuseChangedConfig(existing, now, store.location);
    if ((await store.shared.sharing(existing.id)) !== null) throw new StudySharedError(store.location);
  }
  const study = existing ?? (await beginStudy(opening));

  const judge = (owner: Parameters<typeof liveness>[0]) => liveness(owner, process.machine);
  const claim = await store.claim(study.id, process.identity, judge, takeOver);
  if (!claim.claimed) throw new StudyRunningError(store.location, claim.owner, claim.liveness);

  const requeued = await store.requeueRunning(study.id, process.identity);
  if (existing === null) await store.log(study.id, 'created', { codeVersion: opening.codeVersion });
  else {
    await store.log(study.id, 'resumed', { codeVersion: opening.codeVersion, requeued });
    if (canonicalJson(existing.config) !== canonicalJson(config)) {
      await store.changeConfig(study.id, process.identity, config);
      await store.log(study.id, 'config-changed', { from: existing.config, to: config });
    }
  }
  return { study: await store.study(study.name), resumed: existing !== null, requeued };
}

/** The study of this name, or without a name the store's only one; null where there is none yet. */
export async function existingStudy(store: Store, name: string | undefined): Promise<StudyRecord | null> {
  const studies = await store.studies();
  if (name !== undefined) return studies.find((study) => study.name === name) ?? null;
  return studies.length === 0 ? null : store.study(); // says which there are, where there are several
}

/** A new study of this config. */
export function beginStudy({
  store,
  name = 'study',
  config,
  space,
  evaluatorIdentity,
  datasetChecksum = null,
  codeVersion,
}: Omit<StudyOpening, 'process' | 'takeOver'>): Promise<StudyRecord> {
  return store.createStudy({
    name,
    config,
    seed: config.seed,
    space: space.identity,
    evaluatorIdentity,
    strategy: config.strategy.use,
    codeVersion,
    datasetChecksum,
  });
}
