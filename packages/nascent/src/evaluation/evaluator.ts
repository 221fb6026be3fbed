import type { EpochReport, Evaluation, Metric, Score, Split } from './evaluation.ts';

export interface EvaluationContext {
  /** Seeds weights, batch order and whatever else is random: hash(study seed, trial number), never the attempt. */
  readonly seed: number;
  /** Called after each epoch. */
  report(epoch: EpochReport): void;
  /**
   * Aborted when the trial is cancelled, out of time, or stopped early (`signal.reason` is then an `EarlyStop`); the
   * evaluator then stops at its next step.
   */
  readonly signal: AbortSignal;
}

/** What an evaluator says of itself once it is loaded. Plain data: it crosses a process edge. */
export interface EvaluatorFacts {
  readonly score: { readonly split: Split; readonly metric: Metric };
  readonly datasetChecksum: string | null;
  /** Names of facts that every trained child's evaluation has. */
  readonly measures: readonly string[];
}

export function factsOf({ score, datasetChecksum, measures }: Evaluator): EvaluatorFacts {
  return {
    score: { split: score.split, metric: score.metric },
    datasetChecksum: datasetChecksum ?? null,
    measures: [...(measures ?? [])],
  };
}

/** Scores after full training, null where a table has none. `test` is what published tables report. */
export interface FinalScores {
  readonly validation: Score | null;
  readonly test: Score | null;
}

/** Turns an architecture into an evaluation: builds the child network, trains it and scores it. */
export interface Evaluator<Architecture = unknown> {
  /** Which split and metric its scores have; a study checks this against its reward before it starts. */
  readonly score: { readonly split: Split; readonly metric: Metric };
  /** SHA-256 (hex) over the data that children are trained on; absent where there are none. */
  readonly datasetChecksum?: string;
  /**
   * Names of facts that its evaluation of every trained child has, for example `latencyMs`; a study whose reward
   * reads one checks that before it starts. Absent where a reward needs none.
   */
  readonly measures?: readonly string[];
  /** True where an evaluation is a table look-up that needs no process of its own. */
  readonly inline: boolean;
  evaluate(architecture: Architecture, context: EvaluationContext): Promise<Evaluation>;
  /**
   * The fully trained scores that a table has for an architecture, whatever the search was shown. A comparison
   * opens them after a run has ended; nothing that searches may call it. Absent where there are none.
   */
  finals?(architecture: Architecture): FinalScores;
  /** Frees what was loaded (data, engine tensors). */
  dispose(): void;
}
