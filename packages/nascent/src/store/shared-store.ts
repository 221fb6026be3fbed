import type { Step, TrialState } from '../trial/life-cycle.ts';
import type { ProcessIdentity } from '../trial/owner.ts';
import type { NewTrial, TrialRecord } from '../trial/record.ts';
import type { Requeue, TrialResult } from './store.ts';

/** How a shared study's controller is kept. Fixed when it begins. */
export interface Sharing {
  /** S; 0 where the strategy's whole state is one row (`Store.strategyState`). */
  readonly shards: number;
  /** Gradients that a shard gathers for one update (Zoph & Le 2017, §3.2, §4.2: 10 for recurrent cells). */
  readonly accumulate: number;
  /** The moving average of rewards, shared by all replicas; null before the first reward. */
  readonly baseline: number | null;
}

/** A shard as stored. The store does not look inside. */
export interface ShardContent {
  /** float32, little-endian. */
  readonly parameters: Uint8Array;
  /** What the optimiser remembers, gradients that wait included. */
  readonly optimiser: Uint8Array;
}

export interface ShardRecord extends ShardContent {
  /** How many updates were applied to it. */
  readonly version: number;
}

/** What `pull` answers: each shard consistent in itself, all of them from one moment. */
export interface ParameterSnapshot {
  readonly shards: readonly { readonly version: number; readonly parameters: Uint8Array }[];
  readonly baseline: number | null;
}

/** A gradient on its way to the shards, with the trials that it was computed from. */
export interface Push {
  readonly replica: number;
  /** 1, 2, 3 … of this replica. A sequence that was pushed before changes nothing. */
  readonly sequence: number;
  /** Numbers of the trials that it learns from; terminal, this replica's, not consumed before. */
  readonly trials: readonly number[];
  /** The shards' versions at the pull that the gradient was computed from; empty where there are no shards. */
  readonly pulled: readonly number[];
  /** For a strategy without shards: its whole state after learning, made from revision `from`. */
  readonly state: { readonly bytes: Uint8Array; readonly from: number } | null;
}

export type PushReceipt =
  | { readonly kind: 'applied'; readonly staleness: readonly number[] }
  /** This sequence had been pushed before. Nothing was changed. */
  | { readonly kind: 'repeated' };

/** What a push changes; called inside its transaction, so it must be quick and pure. */
export interface PushEffect {
  /** The shard after this gradient; the same object where nothing is to be learned. */
  shard(index: number, before: ShardRecord): ShardRecord;
  baseline(before: number | null): number | null;
}

/** A replica's place in a study. */
export interface ReplicaRecord {
  readonly replica: number;
  readonly owner: ProcessIdentity | null;
  /** Of its last push; 0 before the first. */
  readonly sequence: number;
  /** Milliseconds since its last heartbeat, by the database's clock. */
  readonly silentMs: number;
}

export interface SharedProgress {
  /** Samples drawn so far. */
  readonly drawn: number;
  /** Trials that a replica has drawn and no push has consumed, whatever their state. */
  readonly unconsumed: number;
  /** What the finished trials count against the study's budget; 0 where that was not to be counted. */
  readonly spentSeconds: number;
}

/** A trial that no push has consumed yet. */
export interface UnconsumedTrial {
  readonly number: number;
  readonly replica: number;
  readonly state: TrialState;
  /** Null until it is terminal, and for cancelled trials. */
  readonly reward: number | null;
}

/** What a worker is able to do: recorded with it. */
export interface WorkerCapability {
  readonly slots: number;
  /** Engine threads of each slot. */
  readonly threads: number;
  /** For example `cpu`, `cuda:0`. */
  readonly device: string;
  /** Of Nascent. */
  readonly version: string;
  readonly datasetChecksum: string | null;
}

/** What a worker says of itself at each heartbeat. */
export interface WorkerActivity {
  readonly running: readonly number[];
  readonly finished: number;
  readonly failed: number;
  /** The last thing that went wrong with the worker itself, for people; null: nothing. */
  readonly lastError: string | null;
}

export interface WorkerRecord {
  readonly worker: string;
  readonly owner: ProcessIdentity;
  readonly capability: WorkerCapability;
  readonly state: 'working' | 'left';
  readonly activity: WorkerActivity;
  readonly joinedAt: string;
  /** Milliseconds since its last heartbeat, by the database's clock. */
  readonly silentMs: number;
}

export interface GradientRecord {
  readonly replica: number;
  readonly sequence: number;
  readonly trials: number;
  readonly staleness: readonly number[];
  /** ISO 8601, UTC, by the database's clock. */
  readonly appliedAt: string;
}

/** What a draw goes by. */
export interface DrawFacts {
  /** Samples drawn so far in the whole study. */
  readonly drawn: number;
  /** What the finished trials count against the study's budget; 0 where that was not to be counted. */
  readonly spentSeconds: number;
  /** How many samples are wanted, at least 1. */
  readonly wanted: number;
}

/** New samples of a replica, made inside the transaction that numbers them. */
export interface Draw {
  readonly trials: readonly NewTrial[];
  /** For a strategy without shards: its whole state after drawing. */
  readonly state: { readonly bytes: Uint8Array; readonly from: number } | null;
}

/**
 * What a study needs that several processes run at once (Zoph & Le 2017, §3.2): controller replicas draw trials, workers
 * evaluate them, replicas push what they learned.
 *
 * Terminal and consumed are two steps here: a worker's result is stored, with its reward, when it arrives; a replica
 * consumes it with the push that learns from it. In between the result is safe whoever dies. A trial is consumed by
 * exactly one push, in one transaction with all shards, the baseline and the replica's sequence.
 *
 * Times by which somebody is judged are the database's own, so that the clocks of machines may differ by minutes.
 */
export interface SharedStore {
  /** Makes the study a shared one, its shards in their first state; changes nothing where it is one already. */
  share(
    study: number,
    settings: { readonly accumulate: number; readonly baseline: number | null },
    shards: readonly ShardContent[],
  ): Promise<Sharing>;
  /** Replaces the config, whose permitted changes the caller has checked. */
  changeConfig(study: number, config: unknown): Promise<void>;
  /** Null where the study is not shared. */
  sharing(study: number): Promise<Sharing | null>;

  /** Takes over `count` replicas: those that nobody runs, or whose owner was silent for so long, then new ones. */
  claimReplicas(
    study: number,
    owner: ProcessIdentity,
    count: number,
    deadAfterMs: number,
  ): Promise<readonly ReplicaRecord[]>;
  /** A heartbeat. @returns the replicas that are still this owner's */
  beatReplicas(study: number, owner: ProcessIdentity): Promise<readonly number[]>;
  releaseReplicas(study: number, owner: ProcessIdentity): Promise<void>;
  replicas(study: number): Promise<readonly ReplicaRecord[]>;
  /**
   * Gives `replica` what dead or released replicas have drawn and nobody has consumed, and what a search of one process
   * has left to do. @returns the trials' numbers
   */
  adoptOrphans(
    study: number,
    owner: ProcessIdentity,
    replica: number,
    deadAfterMs: number,
  ): Promise<readonly number[]>;

  /**
   * Adds the trials that `make` draws, numbered on from `drawn`; they are this replica's.
   * @param limits.atMost so many trials of this replica may be unconsumed; `make` is asked for what is wanting, and not at
   *   all where nothing is. So a draw whose answer was lost can be asked for again.
   * @param limits.countSpent whether `make` must know what the study has spent: that costs a look at every trial
   * @throws ReplicaLostError, StrategyStateConflictError
   */
  draw(
    study: number,
    owner: ProcessIdentity,
    replica: number,
    limits: { readonly atMost: number; readonly countSpent: boolean },
    make: (facts: DrawFacts) => Draw,
  ): Promise<readonly TrialRecord[]>;
  /** Of these replicas, in order of number. */
  unconsumed(study: number, replicas: readonly number[]): Promise<readonly UnconsumedTrial[]>;
  /** The token strings of these trials. */
  tokens(study: number, numbers: readonly number[]): Promise<ReadonlyMap<number, string>>;
  /** How far the study has come. */
  progress(study: number, countSpent: boolean): Promise<SharedProgress>;
  pull(study: number): Promise<ParameterSnapshot>;
  /** @throws ReplicaLostError, PushRefusedError for trials that cannot be consumed, StrategyStateConflictError */
  push(study: number, owner: ProcessIdentity, push: Push, effect: PushEffect): Promise<PushReceipt>;
  /** Oldest first. */
  gradients(study: number): Promise<readonly GradientRecord[]>;

  /** Trials that should be in the queue of jobs: queued ones, and running ones, with the attempt that is next or current. */
  dispatchable(study: number): Promise<readonly DispatchableTrial[]>;
  /**
   * queued → running as attempt `attempt`, and only as that. Asked again by the same worker it answers the same, so that
   * an answer that was lost can be asked for again.
   */
  startAttempt(
    study: number,
    number: number,
    attempt: number,
    worker: { readonly name: string; readonly process: ProcessIdentity },
  ): Promise<Step<TrialRecord>>;
  /** running → terminal, not consumed yet. */
  finishAttempt(study: number, result: TrialResult, chargedSeconds: number): Promise<Step<TrialRecord>>;
  /** running → queued. */
  requeueAttempt(study: number, number: number, why: Requeue): Promise<Step<TrialRecord>>;

  /** Sets the checksum of the study's data, where none is set yet. @returns the study's */
  agreeOnDataset(study: number, checksum: string): Promise<string>;
  joinWorker(
    study: number,
    name: string,
    process: ProcessIdentity,
    capability: WorkerCapability,
  ): Promise<void>;
  beatWorker(study: number, name: string, activity: WorkerActivity): Promise<void>;
  leaveWorker(study: number, name: string): Promise<void>;
  workers(study: number): Promise<readonly WorkerRecord[]>;
}

export interface DispatchableTrial {
  readonly number: number;
  /** Of a queued trial the attempt that comes next, of a running one the current attempt. */
  readonly attempt: number;
  readonly state: 'queued' | 'running';
  /** Milliseconds since the heartbeat of the worker that runs it; null: queued, or its worker is not known. */
  readonly silentMs: number | null;
}
