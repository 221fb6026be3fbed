import type { EpochReport, Score } from '../evaluation/evaluation.ts';
import type { SpaceIdentity } from '../search-space/sample.ts';
import type { Step, TrialState } from '../trial/life-cycle.ts';
import type { Liveness, ProcessIdentity } from '../trial/owner.ts';
import type { NewTrial, TrialOutcome, TrialRecord, TrialWorkerFacts } from '../trial/record.ts';
import type { SharedStore } from './shared-store.ts';

/** What is fixed when a study begins, except `config`, whose limits may change on resume. */
export interface NewStudy {
  /** Unique in its store. */
  readonly name: string;
  /** The config as parsed, plain JSON. */
  readonly config: unknown;
  readonly seed: number;
  readonly space: SpaceIdentity;
  /** SHA-256 (hex) over evaluator, its options and the content of its module. */
  readonly evaluatorIdentity: string;
  readonly strategy: string;
  /** Version of Nascent that began the study. */
  readonly codeVersion: string;
  /** Of the data that children are trained on, where the evaluator tells it. */
  readonly datasetChecksum: string | null;
}

/** A study as read: a snapshot. */
export interface StudyRecord extends NewStudy {
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** The process that runs it, or ran it when it was killed; null when nobody does. */
  readonly owner: StudyOwner | null;
}

export interface StudyOwner extends ProcessIdentity {
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** A strategy's whole state. `revision` counts its changes from 1; it fences writers. */
export interface StrategyState {
  readonly bytes: Uint8Array;
  readonly revision: number;
}

/** A new strategy state and the revision of the state that it was made from (0: there was none). */
export interface StateChange {
  readonly bytes: Uint8Array;
  readonly from: number;
}

/** The result of a trial's last attempt, as it is told to the strategy. */
export interface TrialResult {
  readonly number: number;
  readonly attempt: number;
  /** The child's failures after which a trial has failed; used where the outcome is `crashed` or `error`. */
  readonly attemptLimit: number;
  readonly outcome: TrialOutcome;
  readonly curve: readonly EpochReport[];
  readonly reward: number;
  readonly score: Score | null;
  readonly parameters: number | null;
  readonly facts: Readonly<Record<string, number>>;
  /** Set where this trial takes over an earlier trial's evaluation; `curve` is then empty. */
  readonly reusedFrom: number | null;
  readonly worker: TrialWorkerFacts | null;
}

/** Why a running trial goes back to the queue. */
export type Requeue =
  | { readonly kind: 'hand-back'; readonly attempt: number }
  | { readonly kind: 'child-failed'; readonly attempt: number; readonly attemptLimit: number };

/** A line of the study's log. */
export interface LogEntry {
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** For example `created`, `resumed`, `interrupted`, `test-set-opened`. */
  readonly kind: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A part of the trials in order of number. */
export interface TrialPage {
  /** Those with larger numbers than this; 0 for the first page. */
  readonly after: number;
  readonly atMost: number;
}

/** A trial as a line of a table. */
export type TrialLine = Pick<
  TrialRecord,
  'number' | 'state' | 'tokens' | 'score' | 'reward' | 'parameters' | 'epochs' | 'seconds' | 'reusedFrom'
>;

/** What `claim` answers. */
export type Claim =
  | { readonly claimed: true; readonly previous: StudyOwner | null }
  | { readonly claimed: false; readonly owner: StudyOwner; readonly liveness: Liveness };

/**
 * Where studies are kept. One contract, whatever the database; `test/contract` holds every store to it.
 *
 * **Durability.** A method that changes something is one transaction. When its promise has resolved, the change
 * survives a SIGKILL and a power cut; when it rejects, or the process dies before, nothing of it is there. The one
 * exception is a server's `StoreUnreachableError`: where the connection was lost before the answer came, the change
 * is there whole or not at all, and nobody knows which. Done again it is refused (an attempt or a revision that is no
 * longer current) where it was there, and an epoch is appended once.
 *
 * **Asking and telling.** `ask` stores new trials together with the strategy's state after drawing them, `tell` a
 * trial's result together with the strategy's state after learning from it. So there is never a trial that the
 * strategy does not remember drawing, nor a terminal trial (other than a cancelled one) that it was not told of.
 *
 * **Ownership.** On one machine a study is run by one process at a time. Whoever wants to run it calls `claim`
 * first; methods that take an `owner` reject with `StudyNotOwnedError` for anybody else, and change nothing. Who is
 * alive is the caller's judgement (`judge`), made inside the claiming transaction, so that of two processes that
 * find the same dead owner exactly one gets the study.
 *
 * **Fencing.** Trials change by `trial/life-cycle.ts` only. A late result is an expected answer: methods return
 * `{ accepted: false, refusal }` and change nothing. A strategy state made from another than the stored revision
 * rejects with `StrategyStateConflictError`.
 *
 * **Snapshots.** Records are plain values read at one moment. Changing the store changes no record read before.
 *
 * **Errors** are `NascentError`s with the store's location in the message (`store/errors.ts`); which number of a
 * study or trial does not exist is `StudyNotFoundError`, `TrialNotFoundError`.
 */
export interface Store {
  /** For people: the file name or URL. */
  readonly location: string;
  /** What a study needs that several processes run at once. */
  readonly shared: SharedStore;

  /** All studies, oldest first. */
  studies(): Promise<readonly StudyRecord[]>;
  /**
   * The study with this name, or without a name the only one.
   * @throws StudyNotFoundError, also where no name is given and there are several
   */
  study(name?: string): Promise<StudyRecord>;
  /** @throws StudyExistsError */
  createStudy(study: NewStudy): Promise<StudyRecord>;

  /**
   * Makes `claimant` the study's owner, if it has none or `judge` says that its owner is dead.
   * @param takeOver claims it whatever `judge` says, for an owner on a machine that is gone
   */
  claim(
    study: number,
    claimant: ProcessIdentity,
    judge: (owner: ProcessIdentity) => Liveness,
    takeOver?: boolean,
  ): Promise<Claim>;
  /** Gives the study up; does nothing if `owner` does not own it. */
  release(study: number, owner: ProcessIdentity): Promise<void>;
  /** Replaces the config, whose permitted changes the caller has checked. */
  changeConfig(study: number, owner: ProcessIdentity, config: unknown): Promise<void>;

  /** Null before the first `ask` or `tell`. */
  strategyState(study: number): Promise<StrategyState | null>;
  /**
   * Adds trials, numbered on from the last without gaps, and the strategy's state after drawing them.
   * @returns the new revision of the state
   */
  ask(
    study: number,
    owner: ProcessIdentity,
    trials: readonly NewTrial[],
    state: StateChange,
  ): Promise<{ readonly trials: readonly TrialRecord[]; readonly revision: number }>;
  /** queued → running: a new attempt. Of several that try, one is accepted. */
  startTrial(study: number, owner: ProcessIdentity, number: number): Promise<Step<TrialRecord>>;
  /**
   * Appends to the curve of the running attempt; an epoch that is there already stays as it is. False: the attempt is
   * not current any more, nothing was written.
   */
  appendEpoch(study: number, number: number, attempt: number, epoch: EpochReport): Promise<boolean>;
  /** running → terminal, with the strategy's state after learning from it. The curve replaces what was appended. */
  tell(
    study: number,
    owner: ProcessIdentity,
    result: TrialResult,
    state: StateChange,
  ): Promise<Step<{ readonly trial: TrialRecord; readonly revision: number }>>;
  /** running → queued; the attempt's epochs are dropped. */
  requeue(study: number, owner: ProcessIdentity, number: number, why: Requeue): Promise<Step<TrialRecord>>;
  /** Hands every running trial back, as after a dead owner. @returns their numbers, ascending */
  requeueRunning(study: number, owner: ProcessIdentity): Promise<readonly number[]>;
  /** queued | running → cancelled. */
  cancel(study: number, number: number): Promise<Step<TrialRecord>>;

  /**
   * In order of number, or with `top` the best so many by reward (earlier ones first where equal).
   * @param filter.page only these, so that a reader of very many holds some at a time; not together with `top`
   */
  trials(
    study: number,
    filter?: { readonly states?: readonly TrialState[]; readonly top?: number; readonly page?: TrialPage },
  ): Promise<readonly TrialRecord[]>;
  /** What a table shows of trials, in order of number: read without the architectures. */
  trialLines(study: number, page: TrialPage): Promise<readonly TrialLine[]>;
  /** @throws TrialNotFoundError */
  trial(study: number, number: number): Promise<TrialRecord>;
  /** How many samples were drawn in the whole study; also the last trial's number. */
  trialCount(study: number): Promise<number>;
  /** The first completed trial of this architecture that was trained itself; null if there is none. */
  completedTwin(study: number, architectureKey: string): Promise<TrialRecord | null>;
  /** Epochs in order; for a reused trial those of the trial that it was reused from. */
  curve(study: number, number: number): Promise<readonly EpochReport[]>;

  log(study: number, kind: string, detail?: Readonly<Record<string, unknown>>): Promise<void>;
  /** The log, oldest first. */
  logEntries(study: number): Promise<readonly LogEntry[]>;

  /** Closes the store; idempotent. Anything else rejects afterwards. */
  close(): Promise<void>;
}
