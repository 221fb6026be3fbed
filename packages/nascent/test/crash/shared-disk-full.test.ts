import { describe, expect, it } from 'vitest';
import { diskCampaign, diskFaultKinds, diskFaults } from '../faults/full-disks.ts';

/** Print it and set it to repeat a failure, as nearly as moments can be repeated. */
const seed = Number(process.env['NASCENT_CRASH_SEED'] ?? Date.now());
const count = 3;

describe(`full disks (NASCENT_CRASH_SEED=${seed})`, { timeout: 600_000 }, () => {
  it.for(diskFaultKinds.map((kind) => ({ kind, what: diskFaults[kind].what })))(
    '$what: it ends and says so; with room again it goes on and ends as if nothing had been',
    async ({ kind }, { skip }) => {
      const lines: string[] = [];
      const report = await diskCampaign({ kind, count, seed, scale: 4, say: (line) => lines.push(line) });
      if (report === null) return skip();
      expect(report.violations, lines.join('\n')).toEqual([]);
      expect(lines, 'it was full so often').toHaveLength(count);
    },
  );
});
