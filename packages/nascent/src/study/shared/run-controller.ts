import { firstShards, ParameterServer } from '../../parameter-server/parameter-server.ts';
import { canonicalJson } from '../../search-space/canonical-json.ts';
import type { SearchSpace } from '../../search-space/space.ts';
import { StudyExistsError } from '../../store/errors.ts';
import type { Sharing } from '../../store/shared-store.ts';
import type { Store, StudyRecord } from '../../store/store.ts';
import type { Strategy, StrategySummary } from '../../strategy/strategy.ts';
import { liveness } from '../../trial/owner.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { DEFAULT_PARALLEL, type StudyConfig } from '../config.ts';
import { StudyRunningError } from '../errors.ts';
import { beginStudy, existingStudy } from '../open-study.ts';
import { refuseChangedConfig } from '../resume-check.ts';
import type { RunningProcess } from '../this-process.ts';
import { refuseUnableStrategy, warmStartSamples } from '../warm-start.ts';
import type { Learner } from './learner.ts';
import type { ReplicaEvent } from './replica-event.ts';
import { ReplicaSet } from './replica-set.ts';
import { shardedLearner } from './sharded-learner.ts';
import type { TrialQueue } from './trial-queue.ts';
import { wholeLearner } from './whole-learner.ts';

export interface SharedStudyOpening {
  readonly store: Store;
  /** The study's name; absent: the store's only one. */
  readonly name?: string | undefined;
  readonly config: StudyConfig;
  readonly space: SearchSpace;
  /** Fresh, made with the config's seed. Stays the caller's to dispose. */
  readonly strategy: Strategy;
  readonly evaluatorIdentity: string;
  readonly datasetChecksum?: string | null;
  readonly codeVersion: string;
  readonly process: RunningProcess;
}

/** A shared study with what its replicas in this process use. */
export interface SharedStudy {
  readonly study: StudyRecord;
  readonly begun: boolean;
  readonly sharing: Sharing;
  learner(): Learner;
}

/**
 * Begins a shared study, takes up one that is shared already, or shares one that a single process has searched so far: then
 * its controller goes on from what it has learned.
 * @throws ConfigChangedError, StudyRunningError, WarmStartError, and the errors of store and strategy
 */
export async function openSharedStudy(opening: SharedStudyOpening): Promise<SharedStudy> {
  const { store, config, space, strategy, evaluatorIdentity, datasetChecksum = null, process } = opening;
  const given = warmStartSamples(config.warmStart, space);
  refuseUnableStrategy(strategy, config.warmStart);
  const existing = await existingStudy(store, opening.name);
  if (existing !== null) {
    const now = { config, space: space.identity, evaluatorIdentity, datasetChecksum };
    refuseChangedConfig(existing, now, store.location);
    refuseRunning(existing, store, process);
  }
  const study = existing ?? (await begin(opening));
  if (canonicalJson(study.config) !== canonicalJson(config)) {
    await store.shared.changeConfig(study.id, config);
    await store.log(study.id, 'config-changed', { from: study.config, to: config });
  }

  const before = await store.strategyState(study.id);
  if (before !== null) strategy.restore(before.bytes);
  const policy = strategy.sharded?.() ?? null;
  const { shards, accumulate, inFlight } = config.parallel ?? DEFAULT_PARALLEL;
  const sharing = await store.shared.share(
    study.id,
    { accumulate, baseline: policy?.initial.baseline ?? null },
    policy === null ? [] : firstShards(policy.initial.parameters, shards, policy.initial.adam),
  );
  const owner = process.identity;
  if (policy === null) {
    const learner = wholeLearner(strategy, { store, study, owner }, inFlight ?? config.workers);
    return { study, begun: existing === null, sharing, learner: () => learner };
  }
  const server = new ParameterServer(
    store.shared,
    { study: study.id, owner },
    { parameters: policy.initial.parameters.length, shards: sharing.shards },
    {
      learningRate: policy.learningRate,
      baselineDecay: policy.baselineDecay,
      accumulate: sharing.accumulate,
    },
  );
  const settings = { inFlight: inFlight ?? policy.batchSize, warmStart: given.length };
  return {
    study,
    begun: existing === null,
    sharing,
    learner: () => shardedLearner(policy, server, settings),
  };
}

/** Of several controllers that begin a study at once, one does. */
async function begin(opening: SharedStudyOpening): Promise<StudyRecord> {
  const { store, codeVersion } = opening;
  try {
    const study = await beginStudy(opening);
    await store.log(study.id, 'created', { codeVersion });
    return study;
  } catch (thrown) {
    if (thrown instanceof StudyExistsError) return store.study(opening.name);
    throw thrown;
  }
}

/** A search by one process and replicas would draw beside each other. */
function refuseRunning({ owner }: StudyRecord, store: Store, process: RunningProcess): void {
  if (owner === null) return;
  const life = liveness(owner, process.machine);
  if (life !== 'dead') throw new StudyRunningError(store.location, owner, life);
}

export interface ControllerOptions extends SharedStudyOpening {
  readonly queue: TrialQueue;
  readonly shared: SharedStudy;
  /** K of this process. */
  readonly replicas: number;
  readonly deadAfterMs: number;
  readonly pollMs: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ReplicaEvent) => void;
}

export interface ControllerSummary {
  /** False where it left before that; others may go on, and the same command does. */
  readonly complete: boolean;
  /** The completed trial with the highest reward; null where none completed. */
  readonly best: TrialRecord | null;
  readonly strategy: StrategySummary;
}

/**
 * What a controller of this machine ran that is dead is nobody's at once: whoever starts it again takes its replicas up
 * where they stood, rather than draw beside them until they were silent for long enough. Of other machines nothing is known.
 */
async function releaseDead(store: Store, study: StudyRecord, process: RunningProcess): Promise<void> {
  for (const { owner } of await store.shared.replicas(study.id)) {
    if (owner === null || liveness(owner, process.machine) !== 'dead') continue;
    await store.shared.releaseReplicas(study.id, owner);
  }
}

/** Runs this process's replicas until the study is complete or the signal is aborted. */
export async function runController(options: ControllerOptions): Promise<ControllerSummary> {
  const { store, config, space, strategy, shared, process } = options;
  const replicas = new ReplicaSet({
    ...options,
    study: shared.study,
    warmStart: warmStartSamples(config.warmStart, space),
    owner: process.identity,
    learner: () => shared.learner(),
  });
  await releaseDead(store, shared.study, process);
  const complete = await replicas.run();
  await shared.learner().load();
  const top = await store.trials(shared.study.id, { states: ['completed'], top: 1 });
  return { complete, best: top[0] ?? null, strategy: strategy.summary() };
}
