/**
 * One whole search of a comparison, kept in memory while it runs and committed whole: one strategy, one seed.
 * Plain JSON, compact: columns rather than rows, one entry for each trial in the order in which they were told.
 */
export interface SearchRun {
  /** The strategy's label in its comparison, for example `strong`. */
  readonly strategy: string;
  /** Runs of several strategies with one seed are paired: the same architecture has the same result in all. */
  readonly seed: number;
  readonly trials: RunTrials;
  /** What the strategy says of itself at the end; null where it has no policy. */
  readonly policy: {
    readonly updates: number;
    /** Nats per sample. */
    readonly entropy: number | null;
    /** KL(final ‖ initial policy), nats per sample. */
    readonly kl: number | null;
    readonly note: string | null;
  };
  /** Wall-clock milliseconds that the strategy itself needed (ask and tell), for all trials together. */
  readonly strategyMs: number;
}

/** Columns of equal length. */
export interface RunTrials {
  /** Self-contained token strings. */
  readonly tokens: readonly string[];
  /** Identity of the architecture after repair: equal where two samples build the same child. */
  readonly architecture: readonly string[];
  readonly reward: readonly number[];
  /** The search-time score (a fraction for accuracy, else the perplexity); null where the child failed or was stopped early. */
  readonly score: readonly (number | null)[];
  /** Seconds charged: simulated where the evaluator says so, else measured. */
  readonly seconds: readonly number[];
  /** True where the result had been evaluated before in this very run (a repeat), and was charged again. */
  readonly repeat: readonly boolean[];
  /** Fully trained scores, opened after the run had ended; null where there are none. */
  readonly finalValidation: readonly (number | null)[];
  readonly finalTest: readonly (number | null)[];
}

/** What every run of a comparison has in common; what a report needs besides the runs. */
export interface ComparisonFacts {
  /** For people: the space's name and version. */
  readonly space: string;
  /** Label → how it is configured, for people (`policy-gradient, preset strong`). In the order of the report. */
  readonly strategies: ReadonlyMap<string, string>;
  readonly metric: 'accuracy' | 'perplexity';
  /** Where search-time scores come from. */
  readonly scoreSplit: 'validation' | 'benchmark';
  /** How final scores are called; null where there are none. */
  readonly finals: { readonly validation: string | null; readonly test: string | null } | null;
  readonly budget: {
    /** At most so many trials. */
    readonly trials: number;
    /** At most so many seconds; null where only trials are counted. */
    readonly seconds: number | null;
    readonly clock: 'simulated' | 'measured';
  };
  /** True for studies that were searched one by one: a common seed does not give an architecture the same result. */
  readonly separateStudies?: boolean;
  /** With how many given samples runs began (a warm start): the numbers that occur, ascending. Absent: none did. */
  readonly warmStart?: readonly number[];
}
