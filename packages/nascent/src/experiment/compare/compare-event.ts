/** What a running comparison tells its audience (a live view, a log), after it has been stored. */
export type CompareEvent =
  | {
      readonly kind: 'comparison-started';
      /** Label → runs that are there already; in the order of the report. */
      readonly done: ReadonlyMap<string, number>;
      /** Runs of each strategy in all. */
      readonly seeds: number;
      /** Of each run, at most. */
      readonly trials: number;
      /** Runs at once. */
      readonly workers: number;
      /** `tables`: whole runs in worker processes; `training`: children in worker processes. */
      readonly mode: 'tables' | 'training';
    }
  | { readonly kind: 'run-started'; readonly strategy: string; readonly seed: number }
  /** Only where children are trained: `trials` count so far. */
  | {
      readonly kind: 'trial-finished';
      readonly strategy: string;
      readonly seed: number;
      readonly trials: number;
    }
  | {
      readonly kind: 'run-finished';
      readonly strategy: string;
      readonly seed: number;
      readonly trials: number;
    }
  /** All runs are there; the report is being written. */
  | { readonly kind: 'reporting' };
