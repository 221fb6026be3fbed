import { join } from 'node:path';
import { hashOf } from '../../search-space/index.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store, StudyRecord } from '../../store/store.ts';
import type { StudyConfig } from '../../study/config.ts';
import { firstDifference } from '../../study/resume-check.ts';
import type { StudyEvent } from '../../study/study-event.ts';
import { isTerminal } from '../../trial/life-cycle.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { search } from '../search.ts';
import { RetrainChangedError, RetrainFailedError } from './errors.ts';
import type { RetrainPlan } from './plan.ts';

/** The grid's study in the directory of a retraining. */
export function gridStudyOf(directory: string): string {
  return join(directory, 'grid.db');
}

/** The runs of the grid. */
export interface GridResult {
  readonly interrupted: boolean;
  /** In order of number. */
  readonly trials: readonly TrialRecord[];
}

/**
 * Runs the grid's study to its end, or resumes it; does nothing where it is done.
 * @param location of the study file
 * @throws RetrainChangedError where the file holds the grid of another retraining; what `search` throws
 */
export async function gridSearch(
  plan: RetrainPlan,
  location: string,
  options: {
    /** For error messages. */
    readonly directory: string;
    readonly configDirectory: string;
    readonly signal: AbortSignal;
    readonly takeOver: boolean;
    readonly onEvent: (event: StudyEvent) => void;
  },
): Promise<GridResult> {
  const done = await finishedGrid(plan, location, options.directory);
  if (done !== null) return { interrupted: false, trials: done };
  const { configDirectory, signal, takeOver, onEvent } = options;
  const result = await search(plan.grid, { study: location, configDirectory, signal, takeOver, onEvent });
  return { interrupted: result.interrupted, trials: result.trials };
}

/** The trials of a grid that is at its end; null where there is something left to run. */
async function finishedGrid(
  plan: RetrainPlan,
  location: string,
  directory: string,
): Promise<readonly TrialRecord[] | null> {
  const store = await openIfThere(location);
  if (store === null) return null;
  try {
    const [study] = await store.studies();
    if (study === undefined) return null;
    refuseChangedPlan(study, plan.grid, directory);
    const trials = await store.trials(study.id);
    return trials.length === plan.gridRuns && trials.every(({ state }) => isTerminal(state)) ? trials : null;
  } finally {
    await store.close();
  }
}

async function openIfThere(location: string): Promise<Store | null> {
  try {
    return await openStore(location, { access: 'write' });
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'STORE_NOT_FOUND') return null;
    throw thrown;
  }
}

/** Everything that decides what is trained, and how it is judged. */
const FIXED = ['space', 'evaluator', 'strategy', 'reward', 'seed', 'trials'] as const;

/** @throws RetrainChangedError naming the first thing that differs */
function refuseChangedPlan(study: StudyRecord, now: StudyConfig, directory: string): void {
  const stored = recordOf(study.config);
  const { checkpointEvery: _, ...retrainBefore } = recordOf(stored['retrain']);
  const { checkpointEvery: __, ...retrainNow } = recordOf(now.retrain);
  const difference =
    architectureDifference(stored, now) ??
    FIXED.map((key) => firstDifference(stored[key], now[key], key)).find((found) => found !== null) ??
    firstDifference(retrainBefore, retrainNow, 'retrain');
  if (difference === null) return;
  throw new RetrainChangedError(directory, difference.path, difference.before, difference.after);
}

/** Two networks differ somewhere in long lists: a digest tells them apart for people. */
function architectureDifference(stored: Readonly<Record<string, unknown>>, now: StudyConfig) {
  const before = recordOf(recordOf(stored['evaluator'])['options'])['architecture'];
  const after = recordOf(now.evaluator.options)['architecture'];
  if (firstDifference(before, after, '') === null) return null;
  return { path: 'the network', before: digestOf(before), after: digestOf(after) };
}

function digestOf(architecture: unknown): string {
  const { layers } = recordOf(architecture);
  const size = Array.isArray(layers) ? `${layers.length} layer${layers.length === 1 ? '' : 's'}, ` : '';
  return `${size}digest ${hashOf(architecture ?? null).slice(0, 8)}`;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/**
 * The run with the best reward, the earliest of equals.
 * @throws RetrainFailedError where none came to its end
 */
export function bestRun(trials: readonly TrialRecord[]): TrialRecord {
  const completed = trials.filter(({ state }) => state === 'completed');
  const best = completed.reduce<TrialRecord | null>(
    (found, trial) => (found === null || (trial.reward ?? 0) > (found.reward ?? 0) ? trial : found),
    null,
  );
  if (best !== null) return best;
  const outcomes = trials.map(({ number, outcome }) => `run ${number}: ${outcome?.kind ?? 'no outcome'}`);
  const advice = trials.some(({ outcome }) => outcome?.kind === 'diverged')
    ? 'Give smaller learning rates (retrain.grid.learningRate) in another directory (--out).'
    : 'What became of each: nascent show NUMBER, with grid.db of this directory as its --study.';
  throw new RetrainFailedError(
    `no run of the grid came to its end (${outcomes.join(', ')}), so there is no recipe to train with. ${advice}`,
  );
}
