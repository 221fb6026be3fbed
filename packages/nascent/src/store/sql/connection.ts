import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** What a dialect lends to the store. */
export interface SqlConnection {
  readonly db: Kysely<Tables>;
  readonly location: string;
  /** True where rows must be locked one by one; SQLite's writing transactions lock the file. */
  readonly rowLocks: boolean;
  now(): Date;
  /** Turns the driver's errors into the store's; returns anything else as it is. */
  translate(thrown: unknown): unknown;
  close(): Promise<void>;
}
