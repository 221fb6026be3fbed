/**
 * BullMQ tells PostgreSQL the time: whoever takes a job or renews its lock sends its own clock along. Machines whose
 * clocks differ by minutes would then take each other's live jobs, or never see that one has died. So where BullMQ sends
 * the present, the database's clock stands in its place.
 */

/** Milliseconds since 1970 by the database's clock. Not now(): that is the transaction's beginning. */
export const DATABASE_MS = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

/** Where each of BullMQ's statements has the present: the number of its parameter. */
export const presentOf: Readonly<Record<string, number>> = {
  extend_lock: 5,
  extend_locks: 5,
  move_stalled_jobs_to_wait: 3,
  move_to_active: 4,
  move_to_completed_fetch: 10,
  move_to_failed_fetch: 11,
  next_signal: 3,
};

/** A moment that is written down for people, and that nothing is decided by. */
export const onlyNoted: ReadonlySet<string> = new Set(['add_job', 'move_to_completed', 'move_to_failed']);

/** Statements with a moment in them that queues of trials have no use for. */
export const neverSent: ReadonlySet<string> = new Set([
  'add_job_scheduler',
  'change_delay',
  'clean',
  'collect_metrics',
  'get_deduplication_job_id',
  'get_delayed_count',
  'get_rate_limit_ttl',
  'move_active_to_wait',
  'move_to_delayed',
  'relay_publish',
  'remove_child_dependency',
  'remove_deduplication_key',
  'retry_jobs',
  'set_rate_limit',
  'update_job_scheduler',
]);

const known = new Map<string, string>();

/**
 * A statement of BullMQ with the database's clock in the place of the client's; others as they are.
 * @throws Error for one of `neverSent`: a mistake of ours, or of a newer BullMQ
 */
export function byDatabaseClock(statement: string): string {
  const seen = known.get(statement);
  if (seen !== undefined) return seen;
  const name = nameOf(statement);
  if (name !== null && neverSent.has(name)) {
    throw new Error(
      `BullMQ sends ${name}, which goes by this machine's clock: queues of trials must not use it`,
    );
  }
  const parameter = name === null ? undefined : presentOf[name];
  const rewritten =
    parameter === undefined
      ? statement
      : withoutComments(statement).replace(
          // Named still, so that the statement takes as many parameters as are sent.
          new RegExp(`\\$${parameter}(?!\\d)(::bigint)?`, 'g'),
          () => `(${DATABASE_MS} + 0 * $${parameter}::bigint)`,
        );
  known.set(statement, rewritten);
  return rewritten;
}

/** What a statement of BullMQ does: the function that it calls, or one of the few that are written out. */
export function nameOf(statement: string): string | null {
  const sql = withoutComments(statement);
  if (/update\s+job\s+set\s+locked_until_ms/i.test(sql)) return 'extend_locks';
  if (/process_at_ms\s*<\s*\$/i.test(sql)) return 'get_delayed_count';
  if (/expire_at_ms\s*>\s*\$3/i.test(sql)) return 'get_deduplication_job_id';
  if (/expire_at_ms\s*>\s*\$4/i.test(sql)) return 'remove_deduplication_key';
  const called = /\b(?:select|from)\s+(\w+)\s*\(/i.exec(sql)?.[1] ?? null;
  return called === null ? null : (otherName[called] ?? called);
}

/** Statements that are not called like the function in them. */
const otherName: Readonly<Record<string, string>> = {
  rate_limit_ttl: 'get_rate_limit_ttl',
  update_job_scheduler_next_millis: 'update_job_scheduler',
};

function withoutComments(statement: string): string {
  return statement.replace(/--.*$/gm, '');
}
