import type { ColumnType, Generated } from 'kysely';

/** Null where an insert leaves it out. */
type Absent<T> = ColumnType<T | null, T | null | undefined, T | null>;

/*
 * The tables, as every dialect has them. JSON is kept as text and moments as ISO 8601 text, so that no dialect's
 * own type leaks out; `rows.ts` turns rows into records.
 */

export interface StudiesTable {
  id: Generated<number>;
  name: string;
  config: string;
  seed: number;
  space: string;
  evaluator_identity: string;
  strategy: string;
  code_version: string;
  dataset_checksum: string | null;
  created_at: string;
  owner: string | null;
}

export interface TrialsTable {
  study_id: number;
  number: number;
  tokens: string;
  architecture: string;
  architecture_key: string;
  seed: number;
  state: string;
  attempt: number;
  child_failures: number;
  outcome: string | null;
  reward: number | null;
  score_split: string | null;
  score_metric: string | null;
  score_value: number | null;
  parameters: number | null;
  facts: string;
  reused_from: number | null;
  epochs: number;
  owner: string | null;
  queued_at: string;
  started_at: string | null;
  finished_at: string | null;
  seconds: number | null;
  worker: string | null;
  /** Of a shared study: the replica that drew it, or has adopted it. */
  replica: Absent<number>;
  /** The sequence of the push by which the strategy has learned from it; null: not yet. */
  consumed: Absent<number>;
  /** What it counts against the study's budget. */
  charged_seconds: Absent<number>;
  /** The worker of the latest attempt (`workers.worker`). */
  worker_name: Absent<string>;
}

export interface EpochsTable {
  study_id: number;
  trial: number;
  epoch: number;
  /** Null where it is not a finite number. */
  training_loss: number | null;
  score_split: string;
  score_metric: string;
  score_value: number;
  elapsed_ms: number;
}

export interface StrategyStateTable {
  study_id: number;
  revision: number;
  bytes: Uint8Array;
  updated_at: string;
}

/** A study that many processes run at once (`store/shared-store.ts`). Its row is there exactly for those. */
export interface SharedStudiesTable {
  study_id: number;
  /** Gradients that a shard gathers for one update. */
  accumulate: number;
  /** The moving average of rewards that all replicas share; null before the first reward. */
  baseline: number | null;
  begun_at: string;
}

export interface ReplicasTable {
  study_id: number;
  /** From 1. */
  replica: number;
  /** Who runs it; null: nobody. */
  owner: string | null;
  /** Of its last push; 0 before the first. */
  sequence: number;
  /** Last heartbeat, milliseconds since 1970 by the database's clock. */
  seen_ms: number;
}

export interface WorkersTable {
  study_id: number;
  /** Its name: unique for each process that joins. */
  worker: string;
  owner: string;
  capability: string;
  /** `working`, or `left` when it has gone properly. */
  state: string;
  activity: string;
  joined_ms: number;
  seen_ms: number;
}

/** The controller's parameter vector, cut into shards (Zoph & Le 2017, §3.2). */
export interface ShardsTable {
  study_id: number;
  /** From 0. */
  shard: number;
  /** How many updates were applied. */
  version: number;
  /** float32, little-endian. */
  parameters: Uint8Array;
  /** Adam's state and the gradients gathered so far (`parameter-server/shard.ts`). */
  optimiser: Uint8Array;
}

/** One row for every gradient that was pushed. */
export interface GradientsTable {
  study_id: number;
  replica: number;
  sequence: number;
  /** How many trials it was computed from. */
  trials: number;
  /** JSON: for each shard, the updates between the pull that it was computed at and its arrival. */
  staleness: string;
  applied_ms: number;
}

export interface EventsTable {
  id: Generated<number>;
  study_id: number;
  at: string;
  kind: string;
  detail: string;
}

/** Comparisons of strategies (`store/comparison-store.ts`). */
export interface ComparisonsTable {
  id: Generated<number>;
  config: string;
  space: string;
  evaluator_identity: string;
  code_version: string;
  dataset_checksum: string | null;
  created_at: string;
  owner: string | null;
}

export interface RunsTable {
  comparison_id: number;
  strategy: string;
  seed: number;
  /** What the strategy is: canonical JSON. */
  identity: string;
  code_version: string;
  clock: string;
  finals: string | null;
  /** The run as JSON, gzip. */
  record: Uint8Array;
  committed_at: string;
}

export interface EvaluationsTable {
  comparison_id: number;
  architecture_key: string;
  replicate: number;
  result: string;
  seconds: number;
  made_at: string;
}

export interface ComparisonEventsTable {
  id: Generated<number>;
  comparison_id: number;
  at: string;
  kind: string;
  detail: string;
}

export interface Tables {
  studies: StudiesTable;
  trials: TrialsTable;
  epochs: EpochsTable;
  strategy_state: StrategyStateTable;
  shared_studies: SharedStudiesTable;
  replicas: ReplicasTable;
  workers: WorkersTable;
  shards: ShardsTable;
  gradients: GradientsTable;
  events: EventsTable;
  comparisons: ComparisonsTable;
  runs: RunsTable;
  evaluations: EvaluationsTable;
  comparison_events: ComparisonEventsTable;
}
