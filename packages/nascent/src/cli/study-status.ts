import { connectStore, isUrl, studyNameOf } from '../store/open-store.ts';
import type { ReplicaRecord, Sharing, WorkerRecord } from '../store/shared-store.ts';
import { SqlStore } from '../store/sql/sql-store.ts';
import { readStudyProgress } from '../store/sql/study-progress.ts';
import type { LogEntry, Store, StudyRecord } from '../store/store.ts';
import { thisProcess } from '../study/this-process.ts';
import { isTerminal, type TrialState, trialStates } from '../trial/life-cycle.ts';
import { type Liveness, liveness, type ProcessIdentity } from '../trial/owner.ts';
import type { TrialOutcome } from '../trial/record.ts';

/** A process silent for so long is taken for dead: three heartbeats. */
export const SILENT_MS = 15_000;
const spansMinutes = [1, 10, 60];

/** How a study stands at a moment. */
export interface StudyStatus {
  readonly location: string;
  readonly name: string;
  readonly strategy: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly at: string;
  /** How many trials there will be in all; null where the stored config does not say. */
  readonly wanted: number | null;
  readonly trials: Readonly<Record<TrialState, number>>;
  /** Trials finished per minute, over the last so many minutes or the study's whole life. */
  readonly throughput: readonly { readonly minutes: number; readonly perMinute: number }[];
  readonly queue: { readonly waiting: number; readonly active: number };
  /** The one process of a study that is not shared. */
  readonly owner: (ProcessIdentity & { readonly since: string; readonly liveness: Liveness }) | null;
  /** Null where the study is not shared. */
  readonly shared: SharedStatus | null;
  readonly failures: readonly { readonly trial: number; readonly what: string }[];
  /** Of the study's log: what went wrong, latest first. */
  readonly errors: readonly LogEntry[];
}

export interface SharedStatus extends Pick<Sharing, 'shards' | 'accumulate' | 'baseline'> {
  readonly replicas: readonly ReplicaRecord[];
  readonly workers: readonly WorkerRecord[];
  readonly gradients: number;
  /** Of all gradients and shards: updates between pull and push. Null before the first, or without shards. */
  readonly staleness: Staleness | null;
}

export interface Staleness {
  readonly mean: number;
  readonly median: number;
  readonly p90: number;
  readonly max: number;
}

/** @throws the errors of `store/errors.ts` */
export async function readStudyStatus(location: string): Promise<StudyStatus> {
  const connection = await connectStore(location, { access: 'read' });
  const store = new SqlStore(connection);
  try {
    const study = await store.study(studyNameOf(location));
    const progress = await readStudyProgress(connection, study.id, spansMinutes);
    const shared = await sharedStatus(store, study);
    const { queued, running } = progress.trials;
    const inStore = { waiting: queued, active: running };
    const ageMinutes = Math.max((Date.parse(progress.at) - Date.parse(study.createdAt)) / 60_000, 1 / 60);
    const failures = [];
    for (const trial of progress.failed) {
      const { outcome } = await store.trial(study.id, trial);
      failures.push({ trial, what: outcome === null ? 'failed' : outcomeWords(outcome) });
    }
    return {
      location: store.location,
      name: study.name,
      strategy: study.strategy,
      createdAt: study.createdAt,
      at: progress.at,
      wanted: wantedOf(study.config),
      trials: progress.trials,
      throughput: progress.finished.map(({ minutes, count }) => ({
        minutes,
        perMinute: count / Math.min(minutes, ageMinutes),
      })),
      queue: shared !== null && isUrl(location) ? await queueCounts(location, study.id) : inStore,
      owner: ownerOf(study),
      shared,
      failures,
      errors: (await store.logEntries(study.id)).filter(({ kind }) => kind.endsWith('-failed')).reverse(),
    };
  } finally {
    await store.close();
  }
}

async function sharedStatus(store: Store, { id }: StudyRecord): Promise<SharedStatus | null> {
  const sharing = await store.shared.sharing(id);
  if (sharing === null) return null;
  const gradients = await store.shared.gradients(id);
  return {
    shards: sharing.shards,
    accumulate: sharing.accumulate,
    baseline: sharing.baseline,
    replicas: await store.shared.replicas(id),
    workers: await store.shared.workers(id),
    gradients: gradients.length,
    staleness: stalenessOf(gradients.flatMap(({ staleness }) => staleness)),
  };
}

/** The queue itself is asked only now: who looks at a file need not load it. */
async function queueCounts(location: string, study: number) {
  const { openTrialQueue } = await import('../workers/queue/open-trial-queue.ts');
  const queue = await openTrialQueue(location, study, { access: 'read' });
  try {
    return await queue.counts();
  } finally {
    await queue.close();
  }
}

export function stalenessOf(values: readonly number[]): Staleness | null {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (fraction: number): number => sorted[Math.ceil(fraction * sorted.length) - 1] ?? 0;
  if (sorted.length === 0) return null;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { mean, median: at(0.5), p90: at(0.9), max: at(1) };
}

function ownerOf({ owner }: StudyRecord): StudyStatus['owner'] {
  return owner === null ? null : { ...owner, liveness: liveness(owner, thisProcess().machine) };
}

function wantedOf(config: unknown): number | null {
  const trials =
    typeof config === 'object' && config !== null && 'trials' in config ? config.trials : undefined;
  return typeof trials === 'number' ? trials : null;
}

function outcomeWords(outcome: TrialOutcome): string {
  switch (outcome.kind) {
    case 'error':
      return outcome.message;
    case 'crashed':
    case 'out-of-memory':
      return outcome.detail;
    case 'timed-out':
      return `longer than ${outcome.limitMs / 1000} s`;
    case 'too-large':
      return `too large: ${outcome.measure} ${outcome.value}, the limit is ${outcome.limit}`;
    default:
      return outcome.kind;
  }
}

/** Trials that will not change any more. */
export function terminalTrials(trials: StudyStatus['trials']): number {
  return trialStates.filter(isTerminal).reduce((sum, state) => sum + trials[state], 0);
}
