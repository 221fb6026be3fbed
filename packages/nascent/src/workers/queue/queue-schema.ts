import { setTimeout as sleep } from 'node:timers/promises';
import { runMigrations, SchemaVersionMismatchError, UnsupportedPostgresVersionError } from 'bullmq';
import { NascentError } from '../../errors.ts';

/** The queues of all studies of a database lie here, beside the studies' own schema. */
export const QUEUE_SCHEMA = 'nascent_queue';

/** The queues' tables were made by a newer Nascent, or the server is too old for them. */
export class QueueUnusableError extends NascentError {
  constructor(location: string, reason: string) {
    super('QUEUE_UNUSABLE', `${location}: the queue of trials cannot be used here. ${reason}`);
  }
}

/** What is needed of a connection to make the schema. */
export interface SchemaClient {
  query<R>(statement: string, parameters?: readonly unknown[]): Promise<{ rows: R[] }>;
}

/**
 * Makes the schema of queues, or brings it up to date; of many that try at once, one does.
 * @throws QueueUnusableError, and what the database says
 */
export async function prepareQueueSchema(client: SchemaClient, location: string): Promise<void> {
  try {
    await runMigrations(client, QUEUE_SCHEMA);
  } catch (thrown) {
    if (thrown instanceof SchemaVersionMismatchError) {
      throw new QueueUnusableError(location, 'It was made by a newer Nascent: update nascent.');
    }
    if (thrown instanceof UnsupportedPostgresVersionError) {
      throw new QueueUnusableError(location, 'It needs PostgreSQL 13 or newer.');
    }
    throw thrown;
  }
}

const missing: ReadonlySet<string> = new Set([
  '3F000', // no such schema
  '42P01', // no such table
  '42883', // no such function
  '42704', // no such type
]);

const unlikely = 20;
const longestWaitMs = 50;

/**
 * Does what needs the schema, which somebody may drop at any moment, also between two statements that make it.
 * @param make makes it
 * @throws what `work` or `make` says for another reason, or so often that the schema cannot be the reason
 */
export async function withQueueSchema<T>(work: () => Promise<T>, make: () => Promise<void>): Promise<T> {
  for (let time = 1; ; time += 1) {
    try {
      if (time > 1) await make();
      return await work();
    } catch (thrown) {
      if (!(isSchemaMissing(thrown) || isMadeAgain(thrown)) || time === unlikely) throw thrown;
      // A random part: those who met would meet again. The first to see that it is missing makes it at once.
      if (time > 1) await sleep(longestWaitMs * Math.random());
    }
  }
}

/** `create schema if not exists` beside a `drop schema` that is not committed yet: neither there nor free. */
function isMadeAgain(thrown: unknown): boolean {
  if (!(thrown instanceof Error && 'code' in thrown)) return false;
  return thrown.code === '23505' && /pg_namespace/.test(thrown.message);
}

/** Whether a statement failed because the queues' schema, or a part of it, is not there (any more). */
export function isSchemaMissing(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const code = 'code' in thrown ? thrown.code : undefined;
  if (typeof code !== 'string') return false;
  // Dropped while the statement ran: the server's own words for a thing that it had just looked up.
  return (
    missing.has(code) ||
    (code === 'XX000' && /cache lookup failed|could not open relation/.test(thrown.message))
  );
}
