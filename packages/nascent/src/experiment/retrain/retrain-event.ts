import type { EpochReport } from '../../evaluation/evaluation.ts';
import type { StudyEvent } from '../../study/study-event.ts';
import type { TrainingFacts } from './finished.ts';

/** What a retraining tells its audience, after it has been stored. */
export type RetrainEvent =
  /** Something happened in the grid search. */
  | { readonly kind: 'grid'; readonly event: StudyEvent }
  | {
      readonly kind: 'final-started';
      /** What is trained on what, with which recipe. */
      readonly facts: TrainingFacts;
      /** Epochs that an earlier run has done, from its checkpoint. */
      readonly done: number;
    }
  | {
      readonly kind: 'final-epoch';
      readonly report: EpochReport;
      readonly epochs: number;
      /** Whether a checkpoint was written. */
      readonly saved: boolean;
    }
  | {
      readonly kind: 'testing';
      /** Earlier openings of the test set that were cut off before their result was stored. */
      readonly cutOff: number;
    }
  | { readonly kind: 'reporting' };
