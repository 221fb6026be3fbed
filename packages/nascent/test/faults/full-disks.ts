import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { type RandomStream, randomStream } from '../../src/random.ts';
import { RetrainGround } from '../crash/retrain-process.ts';
import { SearchGround, smallStudy } from '../crash/search-process.ts';
import { runBinary } from '../fixtures/binary.ts';
import type { CampaignReport } from './campaign.ts';
import type { Violation } from './invariants.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';
import { fakeChild } from './study-under-faults.ts';

/*
 * Disks that fill up under a study file, and under the checkpoints of a retraining. The command ends and says so; when
 * there is room again, the same command goes on, and everything ends as if nothing had been.
 */

export const diskFaults = {
  'search-disk-full': { what: 'disk full while `nascent search` appends to a study file' },
  'controller-disk-full': { what: 'disk full while `nascent controller` appends to a study file' },
  'checkpoint-disk-full': { what: 'disk full while `nascent retrain` writes a checkpoint' },
} as const;

export type DiskFaultKind = keyof typeof diskFaults;
export const diskFaultKinds = Object.keys(diskFaults) as DiskFaultKind[];

export interface DiskCampaignOptions {
  readonly kind: DiskFaultKind;
  readonly count: number;
  readonly seed: number;
  readonly scale?: number;
  readonly say?: (line: string) => void;
}

export type DiskReport = Omit<CampaignReport, 'recoveries'> & {
  readonly recoveries: ReadonlyMap<DiskFaultKind, readonly (number | null)[]>;
};

/**
 * Fills the disk so often, at random moments of as many studies as that takes.
 * @returns null where no disk can be mounted, which is said aloud
 */
export function diskCampaign(options: DiskCampaignOptions): Promise<DiskReport | null> {
  return options.kind === 'checkpoint-disk-full'
    ? fillUnderCheckpoints(options)
    : fillUnderStudies(options, options.kind === 'search-disk-full' ? 'search' : 'controller');
}

// Study files --------------------------------------------------------------------------------------------------

const trials = 80;
const longestWaitMs = 1500;
/** Once the disk is full the next appends find it so; before that it may write over what it had reserved. */
const endsWithinMs = 60_000;

/** What must be the same whatever happened on the way. */
interface FileState {
  readonly trials: readonly Readonly<Record<string, unknown>>[];
  readonly controller: readonly Readonly<Record<string, unknown>>[];
}

function readFile(path: string): FileState {
  const file = new Database(path, { readonly: true });
  const all = (statement: string) => file.prepare(statement).all() as Readonly<Record<string, unknown>>[];
  try {
    return {
      trials: all(
        'select number, tokens, state, outcome, reward, score_value, consumed, child_failures from trials order by number',
      ),
      controller: [
        ...all('select revision, hex(bytes) as bytes from strategy_state'),
        ...all('select version, hex(parameters) || hex(optimiser) as bytes from shards order by shard'),
        ...all('select replica, sequence, trials from gradients order by replica, sequence'),
        ...all('select baseline from shared_studies'),
      ],
    };
  } finally {
    file.close();
  }
}

async function fillUnderStudies(
  { kind, count, seed, scale = 1, say = () => {} }: DiskCampaignOptions,
  command: 'search' | 'controller',
): Promise<DiskReport | null> {
  const random = randomStream(seed, kind);
  const ground = await SearchGround.make({
    space: { use: 'nas-bench-201' },
    evaluator: { use: fakeChild, options: { slower: 0.2 } },
    strategy: { use: 'policy-gradient', options: { preset: 'paper' } },
    reward: { kind: 'accuracy', lastEpochs: 1 },
    trials,
    workers: 1,
    seed: 5,
    parallel: { shards: 3, inFlight: 4 },
  });
  const disk = await smallDisk(join(ground.directory, 'small'), 16);
  if (disk === null) {
    await ground.remove();
    return null;
  }
  try {
    const undisturbed = ground.search('whole.db', command);
    if ((await undisturbed.ended) !== 0)
      throw new Error(`the undisturbed study failed:\n${undisturbed.said()}`);
    const expected = readFile(ground.path('whole.db'));
    const recoveries: number[] = [];
    const violations: Violation[] = [];
    let studies = 0;
    for (let faults = 0; faults < count; studies++) {
      const name = `small/study-${studies + 1}.db`;
      let before: FileState['trials'] = [];
      for (let freedAtMs: number | null = null; ; ) {
        const search = ground.search(name, command);
        await Promise.race([search.ended, search.working]);
        if (freedAtMs !== null) recoveries.push(performance.now() - freedAtMs);
        freedAtMs = null;
        if (faults < count) {
          await Promise.race([search.ended, sleep(random.uniform() * longestWaitMs)]);
          disk.fill(4096 * random.integer(8));
        }
        const code = await inTime(search.ended, scale * endsWithinMs, () => search.kill('group'));
        disk.free();
        freedAtMs = performance.now();
        const after = ground.exists(name) ? readFile(ground.path(name)).trials : [];
        violations.push(...lost(before, after));
        before = after;
        if (code === 0) break;
        faults += 1;
        say(`${kind}: full at ${after.length} trials drawn`);
        if (code === null)
          violations.push({
            invariant: 'endsInTime',
            detail: `on a full disk it does not end:\n${search.said().slice(-1500)}`,
          });
        else if (!/is full/.test(search.said())) {
          violations.push({
            invariant: 'saysWhatIsWrong',
            detail: `code ${code}, and it says:\n${search.said().slice(-1500)}`,
          });
        }
      }
      const end = readFile(ground.path(name));
      if (JSON.stringify(end) !== JSON.stringify(expected)) {
        violations.push({
          invariant: 'endsAsUndisturbed',
          detail: `study ${studies + 1}: ${difference(end, expected)}`,
        });
      }
      // Where it ended on a full disk, SQLite's own files are still there, and would fill this one.
      for (const suffix of ['', '-wal', '-shm']) await rm(ground.path(name + suffix), { force: true });
    }
    return {
      recoveries: new Map([[kind, recoveries]]),
      studies,
      trials: trials * studies,
      reruns: 0,
      refused: 0,
      violations,
    };
  } finally {
    disk.remove();
    await ground.remove();
  }
}

/** A trial that had ended and has not, or otherwise, now. */
function lost(before: FileState['trials'], after: FileState['trials']): readonly Violation[] {
  return before
    .filter(({ state }) => state !== 'queued' && state !== 'running')
    .filter((trial) => {
      const now = after.find(({ number }) => number === trial['number']);
      // That it was learned from may be new.
      return JSON.stringify({ ...now, consumed: null }) !== JSON.stringify({ ...trial, consumed: null });
    })
    .map((trial) => ({
      invariant: 'resultsStay',
      detail: `trial ${String(trial['number'])} had ended and was lost`,
    }));
}

function difference(end: FileState, expected: FileState): string {
  for (const part of ['trials', 'controller'] as const) {
    if (end[part].length !== expected[part].length)
      return `${end[part].length} of ${expected[part].length} ${part}`;
    for (const [index, row] of expected[part].entries()) {
      const [is, was] = [JSON.stringify(end[part][index]), JSON.stringify(row)];
      if (is !== was) return `${part}: ${is?.slice(0, 300)} instead of ${was.slice(0, 300)}`;
    }
  }
  return 'nothing';
}

// Checkpoints --------------------------------------------------------------------------------------------------

const finalEpochs = 240;

async function fillUnderCheckpoints({
  kind,
  count,
  seed,
  scale = 1,
  say = () => {},
}: DiskCampaignOptions): Promise<DiskReport | null> {
  const random = randomStream(seed, kind);
  const retrain = { grid: { learningRate: [0.05] }, final: { epochs: finalEpochs }, checkpointEvery: 1 };
  const ground = await RetrainGround.make({ ...smallStudy, trials: 2, retrain }, [
    '1',
    '--study',
    'search.db',
  ]);
  const disk = await smallDisk(join(ground.directory, 'small'), 16);
  if (disk === null) {
    await ground.remove();
    return null;
  }
  try {
    const search = await runBinary(['search', 'config.json', '--study', 'search.db'], {
      cwd: ground.directory,
    });
    if (search.code !== 0) throw new Error(`the search failed:\n${search.stderr}`);
    await ground.toTheEnd('whole');
    const model = (out: string) => readFileSync(ground.path(out, 'model.safetensors'));
    const expected = model('whole');
    const recoveries: number[] = [];
    const violations: Violation[] = [];
    let studies = 0;
    for (let faults = 0; faults < count; studies++) {
      const out = `small/out-${studies + 1}`;
      const end = await retrainOnFullDisk({
        ground,
        disk,
        out,
        random,
        left: count - faults,
        scale,
        kind,
        say,
      });
      faults += end.faults;
      recoveries.push(...end.recoveries);
      violations.push(...end.violations);
      if (!model(out).equals(expected)) {
        violations.push({
          invariant: 'endsAsUndisturbed',
          detail: `retraining ${studies + 1} ends with other weights`,
        });
      }
      await rm(join(ground.directory, out), { recursive: true });
    }
    return {
      recoveries: new Map([[kind, recoveries]]),
      studies,
      trials: 0,
      reruns: 0,
      refused: 0,
      violations,
    };
  } finally {
    disk.remove();
    await ground.remove();
  }
}

interface RetrainOnFullDisk {
  readonly ground: RetrainGround;
  readonly disk: SmallDisk;
  readonly out: string;
  readonly random: RandomStream;
  readonly left: number;
  readonly scale: number;
  readonly kind: DiskFaultKind;
  readonly say: (line: string) => void;
}

async function retrainOnFullDisk({ ground, disk, out, random, left, scale, kind, say }: RetrainOnFullDisk) {
  const recoveries: number[] = [];
  const violations: Violation[] = [];
  let faults = 0;
  let reached = 0;
  let tooLate = false;
  for (let freedAtMs: number | null = null; ; ) {
    const retraining = ground.start(out);
    await Promise.race([retraining.ended, retraining.says(/^\[epoch \d+\//m)]);
    if (freedAtMs !== null) recoveries.push(performance.now() - freedAtMs);
    const from = Number(/going on after epoch (\d+)/.exec(retraining.said())?.[1] ?? 0);
    if (from < reached) {
      violations.push({
        invariant: 'checkpointsStay',
        detail: `it goes on after epoch ${from}, and was at ${reached}`,
      });
    }
    if (faults < left && !tooLate) {
      await Promise.race([retraining.ended, sleep(random.uniform() * 400)]);
      disk.fill(4096 * random.integer(8));
    }
    const code = await inTime(retraining.ended, scale * endsWithinMs, retraining.kill);
    disk.free();
    freedAtMs = performance.now();
    if (code === 0) return { faults, recoveries, violations };
    const said = [...retraining.said().matchAll(/^\[epoch (\d+)\//gm)].map(([, epoch]) => Number(epoch));
    if (said.at(-1) === finalEpochs && !tooLate) {
      // The last checkpoint was written before the disk was full: no fault of this kind. It has only to come to its end.
      tooLate = true;
      reached = 0;
      freedAtMs = null;
      continue;
    }
    faults += 1;
    // The epoch that was said last may be the one whose checkpoint found no room.
    reached = Math.max(from, (said.at(-1) ?? 1) - 1);
    say(`${kind}: full after epoch ${reached}`);
    if (!/make room/i.test(retraining.said())) {
      const detail = `code ${code}, and it says:\n${retraining.said().slice(-1500)}`;
      violations.push({ invariant: 'saysWhatIsWrong', detail });
    }
  }
}

async function inTime<T>(ended: Promise<T>, withinMs: number, kill: () => void): Promise<T | null> {
  const late = setTimeout(kill, withinMs);
  try {
    return await ended;
  } finally {
    clearTimeout(late);
  }
}
