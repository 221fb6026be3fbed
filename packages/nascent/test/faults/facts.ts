/*
 * What is checked of a study: its rows, and the audit of how they came about, in one reading of one moment, by SQL.
 */

/** Runs one statement. */
export type Query = (statement: string) => Promise<readonly Record<string, unknown>[]>;

/** A trial as its row says. */
export interface TrialFact {
  readonly number: number;
  readonly tokens: string;
  readonly architecture: string;
  readonly state: string;
  readonly attempt: number;
  readonly outcome: string | null;
  readonly reward: number | null;
  readonly score_value: number | null;
  readonly replica: number | null;
  readonly consumed: number | null;
  /** According to the trial's own row. */
  readonly epochs: number;
  /** The numbers of those that have a row. */
  readonly epoch_rows: readonly number[];
}

export interface ShardFact {
  readonly shard: number;
  readonly version: number;
  readonly digest: string;
}

export interface GradientFact {
  readonly replica: number;
  readonly sequence: number;
  readonly trials: number;
}

/** A change that a trigger saw: what the row said before and after; null: there was none. */
export interface Change {
  readonly id: number;
  /** Of the database's transaction. */
  readonly transaction: string;
  /** Milliseconds since 1970 by the database's clock. */
  readonly at: number;
  readonly what: 'trials' | 'shards' | 'gradients' | 'replicas' | 'shared_studies';
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

export interface StudyFacts {
  readonly trials: readonly TrialFact[];
  readonly shards: readonly ShardFact[];
  readonly gradients: readonly GradientFact[];
  readonly replicas: readonly { readonly replica: number; readonly sequence: number }[];
  readonly baseline: number | null;
  readonly changes: readonly Change[];
}

const trials = `
  select coalesce(json_agg(json_build_object(
    'number', number, 'tokens', tokens, 'architecture', architecture, 'state', state, 'attempt', attempt,
    'outcome', outcome, 'reward', reward, 'score_value', score_value, 'replica', replica, 'consumed', consumed,
    'epochs', epochs, 'epoch_rows', (
      select coalesce(json_agg(epoch order by epoch), '[]') from nascent.epochs
      where epochs.study_id = trials.study_id and epochs.trial = trials.number
    )
  ) order by number), '[]') from nascent.trials`;

const all = (columns: string, table: string, order: string) =>
  `select coalesce(json_agg(row_to_json(t) order by ${order}), '[]') from (select ${columns} from ${table}) t`;

/** One statement, so that everything is of one moment. The database holds one study. */
const statement = `select json_build_object(
  'trials', (${trials}),
  'shards', (${all("shard, version, md5(parameters || '|'::bytea || optimiser) as digest", 'nascent.shards', 'shard')}),
  'gradients', (${all('replica, sequence, trials', 'nascent.gradients', 'replica, sequence')}),
  'replicas', (${all('replica, sequence', 'nascent.replicas', 'replica')}),
  'baseline', (select baseline from nascent.shared_studies),
  'changes', (${all('id, transaction, at, what, before, after', 'audit.changes', 'id')})
) as facts`;

/** @param query answers from the database of a study that `installAudit` was called for */
export async function readFacts(query: Query): Promise<StudyFacts> {
  const [row] = await query(statement);
  if (row === undefined) throw new Error('an aggregate without a row');
  return row['facts'] as StudyFacts; // as the statement above builds it
}

/** The parameters and the optimiser of all shards, to be compared bit for bit. */
export async function shardBytes(query: Query): Promise<readonly string[]> {
  const rows = await query(
    `select encode(parameters, 'hex') || '|' || encode(optimiser, 'hex') as bytes from nascent.shards order by shard`,
  );
  return rows.map(({ bytes }) => String(bytes));
}
