/**
 * The contract between a study and whatever gives a child network its score.
 * Plain data: it crosses process and store edges as JSON and is parsed there (`parse.ts`).
 */

/** Which data a score was measured on. Rewards accept `validation`, and `benchmark` where a table declares it. */
export type Split = 'validation' | 'test' | 'benchmark';

/** What a score means. `accuracy` is a fraction in [0, 1], more is better; `perplexity` is ≥ 1, less is better. */
export type Metric = 'accuracy' | 'perplexity';

/** A score that carries its split, so that test data cannot slip into a reward. */
export interface Score {
  readonly split: Split;
  readonly metric: Metric;
  readonly value: number;
}

/** One epoch of a child's training; `epoch` counts from 1. Times are wall-clock milliseconds. */
export interface EpochReport {
  readonly epoch: number;
  /** Mean training loss (natural log) over the epoch's batches. */
  readonly trainingLoss: number;
  readonly score: Score;
  readonly elapsedMs: number;
}

/**
 * By what a child may be too large: trainable parameters; multiply-adds for one example, forwards;
 * predicted resident memory of its training, in MiB.
 */
export type SizeMeasure = 'parameters' | 'flops' | 'memory';

/**
 * What became of a child. Only `completed` has the score of a whole training; the others are outcomes, not errors.
 */
export type Outcome =
  | { readonly kind: 'completed' }
  /** Loss or weights stopped being finite, at this epoch. */
  | { readonly kind: 'diverged'; readonly epoch: number; readonly detail: string }
  /** Refused before it was built: by this measure it is over the evaluator's limit. */
  | {
      readonly kind: 'too-large';
      readonly measure: SizeMeasure;
      readonly value: number;
      readonly limit: number;
    }
  | { readonly kind: 'out-of-memory'; readonly detail: string }
  | { readonly kind: 'timed-out'; readonly limitMs: number }
  /** Ended after this epoch by the study's stopping rule: beside earlier trials its curve was hopeless. */
  | {
      readonly kind: 'stopped';
      readonly epoch: number;
      readonly rule: 'median' | 'asha';
      readonly detail: string;
    };

/** The outcome of a child that was stopped early. An evaluator does not come to it by itself (`EarlyStop`). */
export type Stopped = Extract<Outcome, { readonly kind: 'stopped' }>;

/**
 * The fact (`Evaluation.facts`) that a latency-aware reward reads: milliseconds of one forward pass of the built
 * child, the median of several. A clock fact: measured twice it differs.
 */
export const LATENCY_FACT = 'latencyMs';

/** What an evaluator returns. The curve may be non-empty whatever the outcome. */
export interface Evaluation {
  readonly outcome: Outcome;
  readonly curve: readonly EpochReport[];
  /** Trainable parameters of the child; null where it was not built. */
  readonly parameters: number | null;
  /** Further facts, for example `{ flops: 1e6 }` or a table's simulated cost; finite numbers only. */
  readonly facts: Readonly<Record<string, number>>;
}
