import type { Evaluation, Split } from '../evaluation/evaluation.ts';
import type { SpaceIdentity } from '../search-space/sample.ts';
import type { Liveness, ProcessIdentity } from '../trial/owner.ts';
import type { SearchRun } from '../trial/search-run.ts';
import type { Claim, LogEntry, StudyOwner } from './store.ts';

/** What is fixed when a comparison begins, except `config`, in which seeds and strategies may be added. */
export interface NewComparison {
  /** The config as parsed, plain JSON. */
  readonly config: unknown;
  readonly space: SpaceIdentity;
  /** SHA-256 (hex) over evaluator, its options and the content of its module. */
  readonly evaluatorIdentity: string;
  /** Version of Nascent that began the comparison. */
  readonly codeVersion: string;
  /** Of the table, or of the data that children are trained on; null where the evaluator tells none. */
  readonly datasetChecksum: string | null;
}

/** A comparison as read: a snapshot. */
export interface ComparisonRecord extends NewComparison {
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** The process that runs it, or ran it when it was killed; null when nobody does. */
  readonly owner: StudyOwner | null;
}

/** Where the fully trained scores of a run come from; null where there are none of that kind. */
export interface FinalSplits {
  readonly validation: Split | null;
  readonly test: Split | null;
}

/** A run with what must be known of how it was made. */
export interface FinishedRun {
  readonly run: SearchRun;
  /** Canonical JSON of what its strategy is: module, and options with every default filled in. */
  readonly strategy: string;
  /** Version of Nascent that made the run. */
  readonly codeVersion: string;
  /** `simulated` where the evaluator said what its trials cost, else `measured`. */
  readonly clock: 'simulated' | 'measured';
  /** Null where no fully trained scores were opened. */
  readonly finals: FinalSplits | null;
}

/** Which run: its strategy's label and its seed. */
export interface RunKey {
  readonly strategy: string;
  readonly seed: number;
}

/** What became of an evaluation that strategies share. */
export type EvaluationResult =
  | { readonly kind: 'evaluated'; readonly evaluation: Evaluation }
  /** The child died or threw, and was tried as often as the limits allow. */
  | { readonly kind: 'failed'; readonly outcome: 'crashed' | 'error'; readonly detail: string };

/** The evaluation of one architecture with one replicate seed, made once and used by every strategy. */
export interface SharedEvaluation {
  readonly result: EvaluationResult;
  /** Wall-clock seconds of all its attempts, charged to every run that uses it. */
  readonly seconds: number;
}

/** Names an evaluation. */
export interface EvaluationKey {
  /** `architectureKey(…)`: the architecture after repair, 64 hexadecimal digits. */
  readonly architecture: string;
  /** The seed of the runs that share it. */
  readonly replicate: number;
}

/**
 * Where a comparison is kept: whole runs, and the evaluations that its strategies share. One comparison for each
 * store. One contract, whatever the database; `test/contract` holds every store to it.
 *
 * **Durability.** A method that changes something is one transaction. When its promise has resolved, the change
 * survives a SIGKILL and a power cut; when it rejects, or the process dies before, nothing of it is there.
 *
 * **Runs are whole.** A run is committed once, with everything about it, or not at all. It never changes
 * afterwards: a second commit of the same strategy and seed changes nothing and says so. So runs are also the unit
 * of resume.
 *
 * **Opened finals are logged.** A run that carries fully trained scores writes its line `finals-opened` in the
 * same transaction.
 *
 * **Ownership** is that of studies (`store.ts`): methods that take an `owner` reject with
 * `ComparisonNotOwnedError` for anybody else, and change nothing.
 *
 * **Errors** are `NascentError`s with the store's location in the message (`store/errors.ts`).
 */
export interface ComparisonStore {
  /** For people: the file name or URL. */
  readonly location: string;

  /** Null where none was begun. */
  comparison(): Promise<ComparisonRecord | null>;
  /** Begins the comparison. @throws ComparisonExistsError, NotAComparisonError where the store holds studies */
  begin(comparison: NewComparison): Promise<ComparisonRecord>;
  /** As `Store.claim`. */
  claim(
    claimant: ProcessIdentity,
    judge: (owner: ProcessIdentity) => Liveness,
    takeOver?: boolean,
  ): Promise<Claim>;
  /** Gives the comparison up; does nothing if `owner` does not own it. */
  release(owner: ProcessIdentity): Promise<void>;
  /** Replaces the config, whose permitted changes the caller has checked. */
  changeConfig(owner: ProcessIdentity, config: unknown): Promise<void>;

  /** @returns false where the run was there already: it stays as it was */
  commitRun(owner: ProcessIdentity, finished: FinishedRun): Promise<boolean>;
  /** Which runs are there, with what their strategies are; by strategy, then seed. */
  runKeys(): Promise<readonly (RunKey & { readonly identity: string })[]>;
  /** Whole runs, by strategy, then seed. */
  runs(): Promise<readonly FinishedRun[]>;

  /** Keeps an evaluation. @returns what is kept: of two for the same key the first */
  keepEvaluation(
    owner: ProcessIdentity,
    key: EvaluationKey,
    evaluation: SharedEvaluation,
  ): Promise<SharedEvaluation>;
  /** Null where it was not made yet. */
  evaluation(key: EvaluationKey): Promise<SharedEvaluation | null>;
  evaluationCount(): Promise<number>;

  log(kind: string, detail?: Readonly<Record<string, unknown>>): Promise<void>;
  /** The log, oldest first. */
  logEntries(): Promise<readonly LogEntry[]>;

  /** Closes the store; idempotent. Anything else rejects afterwards. */
  close(): Promise<void>;
}
