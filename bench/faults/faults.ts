// Faults done to shared studies of real processes, many of each kind, and what became of the studies.
//
//   npx tsx bench/faults/faults.ts [--kind worker-kill] [--count 100] [--seed 1] [--scale 1]
//
// Prints a row of faults.md for each kind, and every violation of what must hold. Without --kind all kinds are done, each row as
// soon as it is known: what was measured is not lost if the next is interrupted.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { campaign } from '../../packages/nascent/test/faults/campaign.ts';
import { type FaultKind, faultKinds, faults } from '../../packages/nascent/test/faults/faults.ts';
import {
  type DiskFaultKind,
  diskCampaign,
  diskFaultKinds,
  diskFaults,
} from '../../packages/nascent/test/faults/full-disks.ts';
import { reportHead, reportRow } from './report.ts';

const { values } = parseArgs({
  options: {
    /** One of those that the table names; again for more. */
    kind: { type: 'string', multiple: true },
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    /** How much longer than on a quiet machine everything may take. */
    scale: { type: 'string', default: '1' },
  },
});
const all: readonly string[] = [...faultKinds, ...diskFaultKinds];
const kinds = values.kind ?? all;
for (const kind of kinds) {
  if (!all.includes(kind)) throw new Error(`--kind ${kind}: expected one of ${all.join(', ')}`);
}
const common = {
  count: Number(values.count),
  seed: Number(values.seed),
  scale: Number(values.scale),
  say: (line: string) => console.error(line),
};

// By way of `exit`, so that nothing of it stays behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

console.log(`${cpus().length} × ${cpus()[0]?.model}; seed ${common.seed}\n\n${reportHead}`);
const isDisk = (name: string): name is DiskFaultKind => diskFaultKinds.some((known) => known === name);
let violated = 0;

async function inTurn(own: readonly string[]): Promise<void> {
  for (const kind of own) {
    const began = performance.now();
    const report = isDisk(kind)
      ? await diskCampaign({ ...common, kind })
      : await campaign({ ...common, kinds: [kind as FaultKind] });
    const what = isDisk(kind) ? diskFaults[kind].what : faults[kind as FaultKind].what;
    if (report === null) {
      console.log(`| ${kind}: ${what} | skipped: not to be had here | | | | | | | |`);
      continue;
    }
    console.log(reportRow(kind, what, report, (performance.now() - began) / 1000));
    violated += report.violations.length;
    for (const { invariant, detail } of report.violations)
      console.error(`VIOLATION ${kind}: ${invariant}: ${detail}`);
  }
}

// Those of study files beside those of servers: one after the other they would take more than an hour.
await Promise.all([inTurn(kinds.filter((kind) => !isDisk(kind))), inTurn(kinds.filter(isDisk))]);
process.exitCode = violated === 0 ? 0 : 1;
