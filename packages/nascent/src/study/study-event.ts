import type { EpochReport } from '../evaluation/evaluation.ts';
import type { StudyRecord } from '../store/store.ts';
import type { StrategySummary } from '../strategy/strategy.ts';
import type { TrialRecord } from '../trial/record.ts';

/** What a running study tells its audience (a live view, a log), after it has been stored. */
export type StudyEvent =
  | {
      readonly kind: 'study-started';
      readonly study: StudyRecord;
      /** False where the study was begun just now. */
      readonly resumed: boolean;
      /** Trials that are terminal already. */
      readonly finished: number;
      /** Trials to sample in all. */
      readonly total: number;
      /** Trials that a dead owner had left running, and that are trained again. */
      readonly requeued: readonly number[];
      /** The best completed trial so far. */
      readonly best: TrialRecord | null;
    }
  | { readonly kind: 'trial-started'; readonly trial: TrialRecord }
  | {
      readonly kind: 'epoch';
      readonly trial: number;
      readonly attempt: number;
      readonly report: EpochReport;
    }
  /** The child died or threw, and its trial is tried again. */
  | { readonly kind: 'trial-retried'; readonly trial: TrialRecord; readonly detail: string }
  | { readonly kind: 'trial-finished'; readonly trial: TrialRecord }
  /** The strategy has learned from a result. `summary` is worked out when it is called: it may cost something. */
  | { readonly kind: 'strategy-updated'; readonly summary: () => StrategySummary }
  /** The study was interrupted; the children in training were handed back. */
  | { readonly kind: 'interrupted'; readonly handedBack: readonly number[] };
