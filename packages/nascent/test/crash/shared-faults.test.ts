import { describe, expect, it } from 'vitest';
import { campaign } from '../faults/campaign.ts';
import type { FaultKind } from '../faults/faults.ts';

/*
 * Shared studies whose workers, controllers, database and network fail while they run: `nascent controller`, `nascent
 * worker` and PostgreSQL as processes of their own. What must hold is in ../faults/invariants.ts, and that those checks can
 * fail in ../faults/invariants.test.ts. bench/faults does the same a hundred times.
 */

/** Print it and set it to repeat a failure, as nearly as moments can be repeated. */
const seed = Number(process.env['NASCENT_CRASH_SEED'] ?? Date.now());
/** The other tests of a run take their share of the machine. */
const scale = 4;
const count = 3;

async function survives(kinds: readonly FaultKind[], skip: () => void) {
  const lines: string[] = [];
  const report = await campaign({ kinds, count, seed, scale, say: (line) => lines.push(line) });
  if (report === null) {
    skip();
    return null;
  }
  expect(report.violations, lines.join('\n')).toEqual([]);
  for (const [kind, recoveries] of report.recoveries) expect(recoveries, kind).toHaveLength(count);
  return report;
}

describe(`faults of a shared study (NASCENT_CRASH_SEED=${seed})`, { timeout: 600_000 }, () => {
  it('workers and controllers killed, suspended, cut off and gone, the queue dropped: nothing lost, nothing twice', async ({
    skip,
  }) => {
    const report = await survives(
      ['worker-kill', 'controller-kill', 'worker-stop', 'network-cut', 'workers-gone', 'queue-drop'],
      skip,
    );
    if (report === null) return;
    expect(report.reruns, 'trials of dead workers ran again').toBeGreaterThan(0);
    expect(report.refused, 'late results of suspended workers were refused').toBeGreaterThan(0);
  });

  it('PostgreSQL killed and its disk full, workers killed, and all clocks minutes apart: nothing lost, nothing twice', async ({
    skip,
  }) => {
    await survives(['clock-skew', 'postgres-kill', 'postgres-full'], skip);
  });
});
