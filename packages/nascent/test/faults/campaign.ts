import { setTimeout as sleep } from 'node:timers/promises';
import { type RandomStream, randomStream } from '../../src/random.ts';
import { type Fault, type FaultKind, faults } from './faults.ts';
import type { Violation } from './invariants.ts';
import { secondMachine } from './network.ts';
import { recoveryFrom } from './recovery.ts';
import { disksCanBeMade } from './small-disk.ts';
import { type StudySettings, StudyUnderFaults } from './study-under-faults.ts';

export interface CampaignOptions {
  readonly kinds: readonly FaultKind[];
  /** Of each kind. */
  readonly count: number;
  readonly seed: number;
  /** How much longer than on a quiet machine everything may take; 1 by default. */
  readonly scale?: number;
  /** What the studies have besides what the faults need. */
  readonly settings?: Partial<StudySettings>;
  /** Called when a study is complete and was checked, before it is removed. */
  readonly onComplete?: (study: StudyUnderFaults) => Promise<void>;
  readonly say?: (line: string) => void;
}

export interface CampaignReport {
  /** Faults of each kind, with the milliseconds until what they hit went on again. */
  readonly recoveries: ReadonlyMap<FaultKind, readonly (number | null)[]>;
  readonly studies: number;
  readonly trials: number;
  /** Attempts of trials beyond their first. */
  readonly reruns: number;
  /** Late results that were refused. */
  readonly refused: number;
  readonly violations: readonly Violation[];
}

/** A study is no larger than that. */
const mostTrials = 1000;
/** About so many trials end while a fault is waited for and got over. */
const trialsForFault = 35;
/** With fewer left than so many times what is in training, the next fault might find nothing to hit. */
const spareRounds = 3;
const longestGapMs = 800;
const mostTries = 200;

/**
 * Does faults to studies until each kind was done so often, in random order, at random moments, and checks every invariant
 * after each and at each study's end.
 * Kinds that need what is not to be had here are left out, which is said aloud.
 * @returns null where nothing is left, or where there is no PostgreSQL
 */
export async function campaign(options: CampaignOptions): Promise<CampaignReport | null> {
  const { count, seed, settings = {}, scale = 1, say = () => {} } = options;
  const kinds = await possible(options.kinds);
  if (kinds.length === 0) return null;
  const random = randomStream(seed, 'faults', kinds.join(' '));
  const plan = kinds.flatMap((kind) => Array.from({ length: count }, () => kind));
  const left = Array.from(random.permutation(plan.length), (place) => plan[place]).filter(
    (kind) => kind !== undefined,
  );
  const recoveries = new Map<FaultKind, (number | null)[]>(kinds.map((kind) => [kind, []]));
  const report = { studies: 0, trials: 0, reruns: 0, refused: 0 };
  const violations: Violation[] = [];
  const needs = Object.assign({}, ...kinds.map((kind) => faults[kind].needs)) as Partial<StudySettings>;
  while (left.length > 0) {
    const enough = trialsForFault * (1 + left.length);
    const trials = settings.trials ?? Math.min(mostTrials, enough);
    const study = await StudyUnderFaults.begin(
      { ...settings, ...needs, trials },
      randomStream(seed, 'study', report.studies),
    );
    if (study === null) return null;
    try {
      await faultsOfOneStudy({ study, left, random, recoveries, violations, trials, scale, say });
      await study.done(scale * 120_000);
      violations.push(...(await study.check(true)));
      const { trials: rows } = await study.facts();
      report.studies += 1;
      report.trials += rows.length;
      report.reruns += rows.reduce((sum, { attempt }) => sum + attempt - 1, 0);
      report.refused += study.refused;
      await options.onComplete?.(study);
      say(
        `study ${report.studies}: ${rows.length} trials, ${violations.length} violations so far, ${left.length} faults left`,
      );
    } finally {
      await study.dispose();
    }
  }
  return { ...report, recoveries, violations: distinct(violations) };
}

async function possible(kinds: readonly FaultKind[]): Promise<readonly FaultKind[]> {
  const needed = (need: 'overNetwork' | 'smallDisk') =>
    kinds.some((kind) => (faults[kind] as Fault).needs[need] === true);
  const network = !needed('overNetwork') || networkWorks();
  const disks = !needed('smallDisk') || (await disksCanBeMade());
  return kinds.filter((kind) => {
    const { needs }: Fault = faults[kind];
    return (network || needs.overNetwork !== true) && (disks || needs.smallDisk !== true);
  });
}

function networkWorks(): boolean {
  const machine = secondMachine();
  machine?.remove();
  return machine !== null;
}

interface OneStudy {
  readonly study: StudyUnderFaults;
  /** The faults that are still to be done; those that are done are taken away. */
  readonly left: FaultKind[];
  readonly random: RandomStream;
  readonly recoveries: ReadonlyMap<FaultKind, (number | null)[]>;
  readonly violations: Violation[];
  readonly trials: number;
  readonly scale: number;
  readonly say: (line: string) => void;
}

async function faultsOfOneStudy(one: OneStudy): Promise<void> {
  const { study, left, random, recoveries, violations, trials, scale, say } = one;
  for (let tries = 0; left[0] !== undefined; tries++) {
    const kind = left[0];
    if ((await study.progress()).ended > trials - spareRounds * study.inTraining) return;
    await sleep(random.uniform() * longestGapMs);
    const hit = await faults[kind].inject(study, random);
    if (hit === null) {
      if (tries > mostTries) throw new Error(`${kind}: nothing was there to be hit`);
      continue;
    }
    left.shift();
    const recovery = await recoveryFrom(hit, study.query, scale);
    recoveries.get(kind)?.push(recovery.milliseconds);
    for (const number of recovery.stuck) {
      violations.push({
        invariant: 'goesOnInTime',
        detail: `${kind}: trial ${number} did not go on in time`,
      });
    }
    const found = await study.check(false);
    violations.push(...found);
    const after =
      recovery.milliseconds === null
        ? 'nothing was in need of it'
        : `${(recovery.milliseconds / 1000).toFixed(2)} s`;
    say(
      `${kind}: hit ${hit.trials.length} trials, recovered: ${after}${found.length === 0 ? '' : `, ${found.length} VIOLATIONS`}`,
    );
  }
}

/** What stays wrong is found again by every later check. */
function distinct(violations: readonly Violation[]): readonly Violation[] {
  const seen = new Map(
    violations.map((violation) => [`${violation.invariant}: ${violation.detail}`, violation]),
  );
  return [...seen.values()];
}
