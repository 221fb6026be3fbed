import { setTimeout as sleep } from 'node:timers/promises';
import type { Query } from './facts.ts';
import type { Hit } from './faults.ts';

/** After a fault a trial is to go on within so long: the promise is 15 s for a worker that is dead. */
export const longestRecoveryMs = 15_000;
/** What a replica had drawn is learned from when its children are done as well. */
export const longestLearningMs = 30_000;

export interface Recovery {
  /** Until the last trial that was hit had recovered; null: none of them was still in need of it. */
  readonly milliseconds: number | null;
  /** Trials that had not, in time. */
  readonly stuck: readonly number[];
}

const runsAgain = (attempt: number) =>
  `(after->>'state' not in ('queued', 'running')
     or (after->>'state' = 'running' and (after->>'attempt')::int > ${attempt}))`;
const wasLearned = "after->>'consumed' is not null";

/** Waits until everything that a fault hit goes on again, and says how long that took: by the audit, so exactly. */
export async function recoveryFrom(
  { trials, fromMs, recovered }: Hit,
  query: Query,
  scale: number,
): Promise<Recovery> {
  const limitMs = scale * (recovered === 'run' ? longestRecoveryMs : longestLearningMs);
  if (trials.length === 0) return { milliseconds: null, stuck: [] };
  const values = trials.map(({ number, attempt }) => {
    const condition = recovered === 'run' ? runsAgain(attempt) : wasLearned;
    return `(${number}, (select min(at) from audit.changes
      where what = 'trials' and (after->>'number')::int = ${number} and ${condition}))`;
  });
  const statement = `select number, at from (values ${values.join(', ')}) as hit (number, at)`;
  for (;;) {
    const rows = await query(statement);
    const waiting = rows.filter(({ at }) => at === null).map(({ number }) => Number(number));
    if (waiting.length === 0 || Date.now() - fromMs > limitMs) {
      // Those that had gone on before it was measured were not held up by it.
      const times = rows
        .filter(({ at }) => at !== null && Number(at) > fromMs)
        .map(({ at }) => Number(at) - fromMs);
      return { milliseconds: times.length === 0 ? null : Math.max(...times), stuck: waiting };
    }
    await sleep(100);
  }
}
