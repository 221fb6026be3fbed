import type { Generated } from 'kysely';

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

/** The controller's parameter vector, cut into shards (Zoph & Le 2017, §3.2); used by shared studies. */
export interface ShardsTable {
  study_id: number;
  shard: number;
  revision: number;
  bytes: Uint8Array;
  updated_at: string;
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
  shards: ShardsTable;
  events: EventsTable;
  comparisons: ComparisonsTable;
  runs: RunsTable;
  evaluations: EvaluationsTable;
  comparison_events: ComparisonEventsTable;
}
