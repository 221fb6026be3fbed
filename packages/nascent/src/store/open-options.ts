/** How a store is opened. */
export interface OpenOptions {
  /**
   * - `read`: changes and creates nothing, and needs no permission to write.
   * - `write`: the store must be there; an older schema is brought up to date.
   * - `create`: like `write`, and begins a new store where there is none.
   */
  readonly access: 'read' | 'write' | 'create';
  /** How long to wait for a lock that somebody else holds, in milliseconds; 10,000 for files, 15,000 for servers. */
  readonly lockTimeoutMs?: number;
  /** PostgreSQL: how many connections to hold at most; 10 by default. */
  readonly connections?: number;
  /** PostgreSQL: after how many milliseconds a statement is given up; 60,000 by default, 0 for never. */
  readonly statementTimeoutMs?: number;
  readonly now?: () => Date;
}
