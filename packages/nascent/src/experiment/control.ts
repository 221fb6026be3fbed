import { setTimeout as sleep } from 'node:timers/promises';
import { NascentError } from '../errors.ts';
import { assertEvaluatorSuits } from '../reinforce/reward.ts';
import { canonicalJson } from '../search-space/canonical-json.ts';
import { isUnavailable, StoreNotFoundError } from '../store/errors.ts';
import { isUrl, openStore, shownLocation, studyNameOf } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { begunStrategy } from '../study/begun-strategy.ts';
import { parseConfig, type StudyConfig, type StudyConfigInput } from '../study/config.ts';
import { withDefaultPreset } from '../study/default-preset.ts';
import { StudyRunningError } from '../study/errors.ts';
import { existingStudy } from '../study/open-study.ts';
import { type PreparedStudy, prepareStudy } from '../study/prepare.ts';
import { evaluateTrial, type TrialDesk } from '../study/shared/evaluate-trial.ts';
import { openLocalQueue } from '../study/shared/local-queue.ts';
import { persistently } from '../study/shared/persistently.ts';
import type { ReplicaEvent } from '../study/shared/replica-event.ts';
import {
  type ControllerSummary,
  openSharedStudy,
  runController,
  type SharedStudy,
  type SharedStudyOpening,
} from '../study/shared/run-controller.ts';
import { sharedCurves } from '../study/shared/shared-curves.ts';
import { type RunningProcess, thisProcess } from '../study/this-process.ts';
import { liveness, type ProcessIdentity } from '../trial/owner.ts';
import { nascentVersion } from '../version.ts';
import { openEvaluatorPool } from '../workers/open-evaluator-pool.ts';

/** A process silent for so long is taken for dead. */
export const DEAD_AFTER_MS = 15_000;
const POLL_MS = 200;
const STAY_POLL_MS = 5000;

export interface ControlOptions {
  /** A study file, or the URL of a study on a PostgreSQL server. */
  readonly study: string;
  /** Relative paths in the config start here; the working directory by default. */
  readonly configDirectory?: string;
  /** Controller replicas of this process; 1 by default. */
  readonly replicas?: number;
  /** Trials in all, instead of the stored config's. */
  readonly trials?: number | undefined;
  /** With a study file: where its children are trained; default: on the processor. */
  readonly device?: string | undefined;
  /** On a server: stays when the study is complete, and goes on when somebody raises its number of trials or its budget. */
  readonly stay?: boolean | undefined;
  /** A replica without a heartbeat for so long is dead; default 15 s. */
  readonly deadAfterMs?: number;
  /** How often the store is asked for what is new; default 200 ms. */
  readonly pollMs?: number;
  /** How often a controller that stays looks whether there is more to do; default 5 s. */
  readonly stayPollMs?: number;
  /** Aborted to leave: others go on, and the same command takes its place again. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ReplicaEvent) => void;
  /** Called once the study is open. */
  readonly onOpened?: (facts: OpenedFacts) => void;
}

/** What is known once a shared study is open. */
export interface OpenedFacts {
  readonly begun: boolean;
  readonly trials: number;
  readonly shards: number;
  /** Worker slots of this very process; 0 where workers join from elsewhere. */
  readonly slots: number;
}

/** A controller was asked to take up a study that is not there, and was given no config to begin it with. */
export class NothingToControlError extends NascentError {
  /** @param location as it may be printed */
  constructor(location: string) {
    super(
      'NOTHING_TO_CONTROL',
      `${location} holds no study yet. Begin it by naming its config: nascent controller CONFIG --study ${location}`,
    );
  }
}

/**
 * Runs controller replicas of a shared study (Zoph & Le 2017, §3.2), which it begins where it is not there yet, until it is
 * complete. On a PostgreSQL server workers join from anywhere (`nascent worker`); with a study file everything is in this
 * process and its own workers.
 * @param config null: the study's own, as stored
 * @throws NothingToControlError, ConfigInvalidError, ConfigChangedError, StudyRunningError, and the errors of store,
 *   strategy and evaluator
 */
export async function control(
  config: StudyConfigInput | null,
  options: ControlOptions,
): Promise<ControllerSummary> {
  let parsed = await configOf(config, options);
  for (;;) {
    const summary = await controlUntilComplete(parsed, options);
    if (!summary.complete || options.stay !== true || !isUrl(options.study)) return summary;
    options.onEvent?.({ kind: 'staying' });
    const changed = await changedConfig(parsed, options);
    if (changed === null) return summary;
    parsed = changed;
  }
}

async function controlUntilComplete(
  parsed: StudyConfig,
  options: ControlOptions,
): Promise<ControllerSummary> {
  const { study: location, configDirectory = process.cwd() } = options;
  const prepared = await prepareStudy(parsed, configDirectory);
  try {
    return isUrl(location)
      ? await controlOnServer(parsed, prepared, options)
      : await controlInFile(parsed, prepared, configDirectory, options);
  } finally {
    prepared.strategy.dispose();
  }
}

async function configOf(
  config: StudyConfigInput | null,
  { study: location, trials }: ControlOptions,
): Promise<StudyConfig> {
  const parsed =
    config === null
      ? parseConfig(await storedConfig(location), 'the config stored in the study')
      : parseConfig(config, 'the config');
  const wanted = { ...parsed, ...(trials === undefined ? {} : { trials }) };
  return {
    ...wanted,
    strategy: withDefaultPreset(wanted.strategy, wanted.trials, await begunStrategy(location)),
  };
}

/** Waits until the study's config is another one. Null: asked to leave before that. */
async function changedConfig(config: StudyConfig, options: ControlOptions): Promise<StudyConfig | null> {
  const { study: location, stayPollMs = STAY_POLL_MS } = options;
  const { signal, onEvent } = settingsOf(options);
  const known = canonicalJson(config);
  const read = () => storedConfig(location);
  const onUnavailable = (error: Error) => onEvent({ kind: 'unavailable', error });
  for (;;) {
    await sleep(stayPollMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return null;
    const stored = await persistently(read, { signal, onUnavailable }).catch((thrown: unknown) => {
      if (signal.aborted && isUnavailable(thrown)) return null;
      throw thrown;
    });
    if (stored === null) return null;
    if (canonicalJson(stored) !== known) return parseConfig(stored, 'the config stored in the study');
  }
}

async function storedConfig(location: string): Promise<unknown> {
  const store = await openStore(location, { access: 'write' }).catch((thrown: unknown) => {
    throw thrown instanceof StoreNotFoundError ? new NothingToControlError(shownLocation(location)) : thrown;
  });
  try {
    const study = await existingStudy(store, studyNameOf(location));
    if (study === null) throw new NothingToControlError(store.location);
    return study.config;
  } finally {
    await store.close();
  }
}

function openingOf(
  store: Store,
  config: StudyConfig,
  prepared: PreparedStudy,
  location: string,
): SharedStudyOpening {
  return {
    store,
    name: studyNameOf(location),
    config,
    space: prepared.space,
    strategy: prepared.strategy,
    evaluatorIdentity: prepared.evaluatorIdentity,
    codeVersion: nascentVersion(),
    process: thisProcess(),
  };
}

function settingsOf({
  replicas = 1,
  deadAfterMs = DEAD_AFTER_MS,
  pollMs = POLL_MS,
  signal,
  onEvent,
}: ControlOptions) {
  return {
    replicas,
    deadAfterMs,
    pollMs,
    signal: signal ?? new AbortController().signal,
    onEvent: onEvent ?? (() => {}),
  };
}

async function controlOnServer(
  config: StudyConfig,
  prepared: PreparedStudy,
  options: ControlOptions,
): Promise<ControllerSummary> {
  const store = await openStore(options.study, { access: 'create' });
  try {
    const opening = openingOf(store, config, prepared, options.study);
    const shared = await openSharedStudy(opening);
    // Only now: a study in a file needs neither queue nor driver.
    const { openTrialQueue } = await import('../workers/queue/open-trial-queue.ts');
    const queue = await openTrialQueue(options.study, shared.study.id);
    try {
      options.onOpened?.({
        begun: shared.begun,
        trials: config.trials,
        shards: shared.sharing.shards,
        slots: 0,
      });
      return await runController({ ...opening, ...settingsOf(options), queue, shared });
    } finally {
      await queue.close();
    }
  } finally {
    await store.close();
  }
}

async function controlInFile(
  config: StudyConfig,
  prepared: PreparedStudy,
  configDirectory: string,
  options: ControlOptions,
): Promise<ControllerSummary> {
  const { workers, limits } = config;
  const { evaluator } = prepared;
  const { device } = options;
  const pool = await openEvaluatorPool({ workers, evaluator, configDirectory, limits, device });
  try {
    const facts = await pool.ready(); // before the study is begun, as in a search
    assertEvaluatorSuits(facts, config.reward);
    const store = await openStore(options.study, { access: 'create' });
    try {
      const opening = {
        ...openingOf(store, config, prepared, options.study),
        datasetChecksum: facts.datasetChecksum,
      };
      const shared = await openSharedStudy(opening);
      await claimFile(store, shared, opening.process);
      const queue = openLocalQueue();
      options.onOpened?.({
        begun: shared.begun,
        trials: config.trials,
        shards: shared.sharing.shards,
        slots: pool.slots,
      });
      const { identity } = opening.process;
      const worker = { name: `${identity.host}-${identity.pid}`, process: identity, device };
      const curves = sharedCurves(store, shared.study, config);
      const desk: TrialDesk = { store, study: shared.study, config, pool, queue, worker, curves };
      const settings = settingsOf(options);
      const leave = new AbortController();
      const onAbort = () => leave.abort();
      settings.signal.addEventListener('abort', onAbort, { once: true });
      if (settings.signal.aborted) onAbort();
      const works = { value: false };
      const consumer = queue.consume(
        pool.slots,
        async (job) => void (await evaluateTrial(desk, job, leave.signal, works)),
      );
      // An evaluator that cannot work ends the replicas too.
      consumer.done.catch(onAbort);
      try {
        return await runController({ ...opening, ...settings, signal: leave.signal, queue, shared });
      } finally {
        leave.abort();
        settings.signal.removeEventListener('abort', onAbort);
        try {
          await consumer.close(); // rejects with what the evaluator threw
        } finally {
          await store.release(shared.study.id, identity);
        }
      }
    } finally {
      await store.close();
    }
  } finally {
    await pool.close();
  }
}

/** A file's study is one process's, so that whoever had it before is known to be gone at once. */
async function claimFile(store: Store, { study }: SharedStudy, process: RunningProcess): Promise<void> {
  const judge = (owner: ProcessIdentity) => liveness(owner, process.machine);
  const claim = await store.claim(study.id, process.identity, judge);
  if (!claim.claimed) throw new StudyRunningError(store.location, claim.owner, claim.liveness);
  if (claim.previous !== null) await store.shared.releaseReplicas(study.id, claim.previous);
}
