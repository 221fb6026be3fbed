import type { EpochReport, Evaluation, Stopped } from '../evaluation/evaluation.ts';
import type { EvaluatorFacts } from '../evaluation/evaluator.ts';

/** One evaluation to do: attempt `attempt` of trial `trial`. Plain data: it may cross a process edge. */
export interface EvaluationJob {
  /** The trial's number in its study. */
  readonly trial: number;
  /** From 1; the fencing token of the trial's life cycle. */
  readonly attempt: number;
  readonly architecture: unknown;
  /** hash(study seed, trial number), never the attempt. */
  readonly seed: number;
}

/** Facts about the worker that did a job. */
export interface WorkerFacts {
  readonly threads: number;
  readonly pid: number;
  /** Milliseconds that the job took beyond the evaluator's own time. */
  readonly overheadMs: number;
}

/**
 * What became of a job.
 *
 * - `evaluated`: the evaluator returned, or was stopped early; its outcome may still be "diverged", "timed out" and
 *   so on.
 * - `crashed`: the child's process died; `detail` names the signal or exit code and its last stderr lines.
 * - `error`: the evaluator threw.
 * - `cancelled`: the job's signal was aborted, or the pool closed, before it finished.
 */
export type JobResult =
  | { readonly kind: 'evaluated'; readonly evaluation: Evaluation; readonly workerFacts: WorkerFacts }
  | { readonly kind: 'crashed'; readonly detail: string }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'cancelled' };

/** What the study loop needs of workers; `workers/` implements it. */
export interface EvaluatorPool {
  /** How many jobs run at once, at least 1. */
  readonly slots: number;
  /**
   * Resolves once a job could start at once (engine and data loaded), with what the evaluator says of itself;
   * rejects if that is impossible.
   */
  ready(): Promise<EvaluatorFacts>;
  /**
   * Runs one job on a free slot. Never rejects because of the child: its fate is in the result.
   * `report` is called for every epoch in order, before the promise resolves. Then `judge` gets the curve so far: if it
   * answers with an outcome, that is the job's, with this curve; the child is ended and the slot free as soon as it
   * takes its next step.
   */
  evaluate(
    job: EvaluationJob,
    options: {
      readonly report: (epoch: EpochReport) => void;
      readonly signal: AbortSignal;
      readonly judge?: ((curve: readonly EpochReport[]) => Stopped | null) | undefined;
    },
  ): Promise<JobResult>;
  /** Ends the workers; running jobs are cancelled. */
  close(): Promise<void>;
}
