import type { Outcome, Score } from '../evaluation/evaluation.ts';
import type { FinishedState, LifeCycle } from './life-cycle.ts';
import type { ProcessIdentity } from './owner.ts';

/**
 * What became of a trial's child. To the outcomes that an evaluator reports come the two in which it could
 * report nothing: its process died (`crashed`), or it threw (`error`).
 */
export type TrialOutcome =
  | Outcome
  | { readonly kind: 'crashed'; readonly detail: string }
  | { readonly kind: 'error'; readonly message: string };

/** The terminal state that an outcome leads to. */
export function stateOf({ kind }: TrialOutcome): FinishedState {
  return kind === 'completed' || kind === 'stopped' || kind === 'diverged' ? kind : 'failed';
}

/** Facts about the worker that trained the child. Clock and machine facts: not part of exact resume. */
export interface TrialWorkerFacts {
  readonly threads: number;
  readonly pid: number;
  readonly overheadMs: number;
  /** Of a shared study: the worker's name, and the device that it was given (`cpu`, `cuda:1`, …). */
  readonly name?: string | undefined;
  readonly device?: string | undefined;
}

/** What is fixed when a trial is drawn, and never changes afterwards. */
export interface NewTrial {
  /** In order of drawing, from 1, without gaps. */
  readonly number: number;
  /** The sample as a self-contained token string. */
  readonly tokens: string;
  /** The decoded architecture; plain JSON, its version inside. */
  readonly architecture: unknown;
  /** Identity for duplicates: SHA-256 (hex) over architecture, evaluator and its options, without the seed. */
  readonly architectureKey: string;
  /** hash(study seed, trial number), never the attempt. In [0, 2^48). */
  readonly seed: number;
}

/** A trial as read from the store: a snapshot, which no later change reaches. */
export interface TrialRecord extends NewTrial, LifeCycle {
  readonly outcome: TrialOutcome | null;
  /** By the study's reward policy; null until the trial is terminal, and for cancelled trials. */
  readonly reward: number | null;
  /** The score that the reward was computed from (of a stopped child: so far); null where there is none. */
  readonly score: Score | null;
  /** Trainable parameters of the child; null where it was not built. */
  readonly parameters: number | null;
  readonly facts: Readonly<Record<string, number>>;
  /** The trial whose evaluation this one took over, if it was a duplicate. */
  readonly reusedFrom: number | null;
  /** Epochs recorded in its curve (of the trial it was reused from, if it was). */
  readonly epochs: number;
  /** The process that supervises (or supervised) the latest attempt. */
  readonly owner: ProcessIdentity | null;
  /** ISO 8601, UTC. */
  readonly queuedAt: string;
  /** Start of the latest attempt. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Wall-clock seconds of the last attempt; null until the trial is terminal. */
  readonly seconds: number | null;
  readonly worker: TrialWorkerFacts | null;
}
