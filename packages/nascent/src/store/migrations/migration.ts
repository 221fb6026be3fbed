import type { ColumnDataType, Kysely } from 'kysely';
import type { Tables } from '../sql/tables.ts';

/** The types of columns by dialect. */
export interface ColumnTypes {
  /** Primary key that counts up by itself. */
  readonly serial: ColumnDataType;
  /** Integers up to 2^53. */
  readonly integer: ColumnDataType;
  /** IEEE double, exact. */
  readonly real: ColumnDataType;
  readonly bytes: ColumnDataType;
}

/** One numbered step of the schema. Steps are only ever added, never changed: files in the wild have run them. */
export interface Migration {
  readonly version: number;
  /** True where an older Nascent cannot use the store any more. */
  readonly breaking: boolean;
  up(db: Kysely<Tables>, types: ColumnTypes): Promise<void>;
}
