import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { SqlConnection } from './connection.ts';
import type { Tables } from './tables.ts';

const attempts = 6;
const firstWaitMs = 10;

/**
 * Runs `work` as one writing transaction. Where the database gives it up because of others, it runs again, so `work`
 * must change nothing but the database.
 */
export async function inTransaction<T>(
  connection: SqlConnection,
  work: (db: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connection.db.transaction().execute(work);
    } catch (thrown) {
      if (attempt === attempts || !connection.mayRetry(thrown)) throw thrown;
      // Those that met once would meet again if all waited equally long.
      await sleep(firstWaitMs * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }
}
