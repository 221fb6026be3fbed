import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** What a dialect lends to the store. */
export interface SqlConnection {
  readonly db: Kysely<Tables>;
  /** For people: the file name, or the URL without its password. */
  readonly location: string;
  /** True where rows must be locked one by one; SQLite's writing transactions lock the file. */
  readonly rowLocks: boolean;
  /** The statement that begins a transaction which only reads, and reads everything as of one moment. */
  readonly beginSnapshot: string;
  now(): Date;
  /** Turns the driver's errors into the store's; returns anything else as it is. */
  translate(thrown: unknown): unknown;
  /**
   * Whether the database gave a transaction up because of others (a deadlock, a conflict), stored nothing of it, and
   * would take it if it came again. Takes the driver's own errors.
   */
  mayRetry(thrown: unknown): boolean;
  close(): Promise<void>;
}
