import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, NascentError } from '../../errors.ts';
import type { EvaluatorFacts } from '../../evaluation/evaluator.ts';
import { metricOfReward } from '../../reinforce/reward.ts';
import type { ComparisonStore, FinishedRun, RunKey } from '../../store/comparison-store.ts';
import { openComparisonStore } from '../../store/open-store.ts';
import {
  type ComparePlan,
  DEFAULT_COMPARE,
  parseConfig,
  type StudyConfig,
  type StudyConfigInput,
} from '../../study/config.ts';
import { type ComparisonCheck, checkComparison, openComparison } from '../../study/open-comparison.ts';
import { type PreparedComparison, prepareComparison } from '../../study/prepare-comparison.ts';
import type { EndedSearch } from '../../study/search-in-memory.ts';
import { type RunningProcess, thisProcess } from '../../study/this-process.ts';
import type { ComparisonFacts, SearchRun } from '../../trial/search-run.ts';
import { nascentVersion } from '../../version.ts';
import { isInline } from '../../workers/evaluator-module.ts';
import type { CompareEvent } from './compare-event.ts';
import { finalNames, makeRuns, wantedRuns } from './make-runs.ts';
import { defaultWorkers, openTableRuns, type RunMakers } from './table-runs.ts';
import { openTrainingRuns, type TrainingRuns } from './training-runs.ts';

export interface RunComparisonOptions {
  /** The directory of the comparison; made where it does not exist. Runs are kept in `comparison.db` there. */
  readonly out: string;
  /** Relative paths in the config start here; the working directory by default. */
  readonly configDirectory?: string | undefined;
  /** Each stands in for what the config says. */
  readonly strategies?: ComparePlan['strategies'] | undefined;
  readonly seeds?: number | undefined;
  readonly firstSeed?: number | undefined;
  readonly trials?: number | undefined;
  /** Runs (on a table) or children (in training) at once; default: the config's, else the number of cores. */
  readonly workers?: number | undefined;
  /** Aborted to interrupt: nothing half is kept, everything whole is. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: CompareEvent) => void) | undefined;
  /** Takes the comparison from an owner on another machine, which cannot be known to live from here. */
  readonly takeOver?: boolean | undefined;
}

/** The runs that were asked for. */
export interface ComparedRuns {
  /** The file that keeps the runs. */
  readonly database: string;
  /** True where runs are missing: the same command makes them. */
  readonly interrupted: boolean;
  /** Runs that were asked for. */
  readonly wanted: number;
  /** Those of them that are there, in the order of the strategies, then of seeds. */
  readonly runs: readonly SearchRun[];
  /** What they have in common. */
  readonly facts: ComparisonFacts;
}

/** The directory of a comparison cannot be made. */
export class ComparisonDirectoryError extends NascentError {
  constructor(directory: string, cause: unknown) {
    super(
      'COMPARISON_DIRECTORY',
      `cannot make the directory ${directory}: ${messageOf(cause)}. Choose another with --out DIR.`,
    );
  }
}

/**
 * Makes the runs of a comparison that are missing: each strategy with each seed. Run it again to go on after an
 * interruption or a crash, or with more seeds and strategies; what is there is not made again.
 * @throws ConfigInvalidError, ComparedStrategyError, ComparisonChangedError, ComparedStrategyChangedError,
 *   ComparisonRunningError, ComparisonDirectoryError, RunFailedError, EvaluatorFailedError, the errors of
 *   `store/errors.ts`, and what evaluator and strategies say when they cannot start
 */
export async function runComparison(
  input: StudyConfigInput,
  options: RunComparisonOptions,
): Promise<ComparedRuns> {
  const { out, configDirectory = process.cwd(), onEvent = () => {}, takeOver = false } = options;
  const parsed = parseConfig(input, 'the config');
  const trials = options.trials ?? parsed.trials;
  const workers = options.workers ?? input.workers ?? defaultWorkers();
  const planned = parsed.compare ?? DEFAULT_COMPARE;
  const plan: ComparePlan = {
    strategies: options.strategies ?? planned.strategies,
    seeds: options.seeds ?? planned.seeds,
    firstSeed: options.firstSeed ?? planned.firstSeed,
  };
  const config: StudyConfig = { ...parsed, trials, workers, compare: plan };
  const prepared = await prepareComparison(config, plan, configDirectory);
  const running = thisProcess();
  const database = join(out, 'comparison.db');
  await checkExisting(database, { config, prepared, datasetChecksum: null, process: running, takeOver });

  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  if (options.signal?.aborted) interrupt();
  options.signal?.addEventListener('abort', interrupt, { once: true });
  const opening = { workers, configDirectory, signal: stop.signal };
  const inline = await isInline(prepared.evaluatorModule);
  // Before a file is made: what cannot start must leave neither a file behind nor a comparison with wrong options.
  const opened: Opened = inline
    ? { mode: 'tables', runs: await openTableRuns(config, prepared, opening) }
    : { mode: 'training', runs: await openTrainingRuns(config, prepared, opening) };
  try {
    makeDirectory(out);
    const store = await openComparisonStore(database, { access: 'create' });
    try {
      return await makeMissing({ store, running, config, plan, prepared, opened, stop, onEvent, takeOver });
    } finally {
      await release(store, running);
      await store.close();
    }
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
    stop.abort();
    await opened.runs.close();
  }
}

type Opened =
  | { readonly mode: 'tables'; readonly runs: RunMakers }
  | { readonly mode: 'training'; readonly runs: TrainingRuns };

interface Making {
  readonly store: ComparisonStore;
  readonly running: RunningProcess;
  readonly config: StudyConfig;
  readonly plan: ComparePlan;
  readonly prepared: PreparedComparison;
  readonly opened: Opened;
  readonly stop: AbortController;
  readonly onEvent: (event: CompareEvent) => void;
  readonly takeOver: boolean;
}

async function makeMissing(making: Making): Promise<ComparedRuns> {
  const { store, running, config, plan, prepared, opened, stop, onEvent, takeOver } = making;
  const codeVersion = nascentVersion();
  const { facts } = opened.runs;
  const datasetChecksum = facts?.datasetChecksum ?? null;
  const opening = { store, config, prepared, datasetChecksum, codeVersion, process: running, takeOver };
  const done = await openComparison(opening);

  const owner = running.identity;
  const labels = prepared.strategies.map((strategy) => strategy.label);
  const seeds = Array.from({ length: plan.seeds }, (_, i) => plan.firstSeed + i);
  const wanted = wantedRuns(labels, seeds, done);
  const made = (label: string) => seeds.length - wanted.filter(({ strategy }) => strategy === label).length;
  onEvent({
    kind: 'comparison-started',
    done: new Map(labels.map((label) => [label, made(label)])),
    seeds: plan.seeds,
    trials: config.trials,
    workers: config.workers,
    mode: opened.mode,
  });
  const onTrial = (strategy: string, seed: number, trials: number): void =>
    onEvent({ kind: 'trial-finished', strategy, seed, trials });
  const makers =
    opened.mode === 'tables'
      ? opened.runs.makers
      : await opened.runs.makersFor({ store, owner, signal: stop.signal, onTrial });
  const identities = new Map(prepared.strategies.map(({ label, identity }) => [label, identity]));
  const commit = async (key: RunKey, { run, clock, finals }: EndedSearch): Promise<void> => {
    const strategy = identities.get(key.strategy) ?? '';
    await store.commitRun(owner, { run, strategy, codeVersion, clock, finals });
    onEvent({ kind: 'run-finished', ...key, trials: run.trials.tokens.length });
  };
  const whole = await makeRuns({
    wanted,
    makers,
    commit,
    onStart: (key) => onEvent({ kind: 'run-started', ...key }),
    signal: stop.signal,
    abort: () => stop.abort(),
  });
  if (!whole) await store.log('interrupted', { runs: (await store.runKeys()).length });
  const asked = await askedFor(store, labels, seeds);
  return {
    database: store.location,
    interrupted: !whole,
    wanted: labels.length * seeds.length,
    runs: asked.map(({ run }) => run),
    facts: factsOf(config, prepared, facts, asked),
  };
}

async function askedFor(
  store: ComparisonStore,
  labels: readonly string[],
  seeds: readonly number[],
): Promise<readonly FinishedRun[]> {
  const all = await store.runs();
  const among = new Set(seeds);
  return labels.flatMap((label) => all.filter(({ run }) => run.strategy === label && among.has(run.seed)));
}

function factsOf(
  config: StudyConfig,
  { space, strategies }: PreparedComparison,
  facts: EvaluatorFacts | null,
  runs: readonly FinishedRun[],
): ComparisonFacts {
  const { name, version } = space.identity;
  return {
    space: `${name}, version ${version}`,
    strategies: new Map(strategies.map(({ label, description }) => [label, description])),
    metric: metricOfReward(config.reward),
    scoreSplit: facts?.score.split === 'benchmark' ? 'benchmark' : 'validation',
    finals: finalNames(runs),
    ...(config.warmStart === undefined ? {} : { warmStart: [config.warmStart.length] }),
    budget: {
      trials: config.trials,
      seconds: config.budget?.seconds ?? null,
      clock: runs.some(({ clock }) => clock === 'simulated') ? 'simulated' : 'measured',
    },
  };
}

/** What cannot go on is refused before engine and data are loaded. */
async function checkExisting(database: string, check: Omit<ComparisonCheck, 'store'>): Promise<void> {
  if (!existsSync(database)) return;
  const store = await openComparisonStore(database, { access: 'write' });
  try {
    await checkComparison({ store, ...check });
  } finally {
    await store.close();
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (thrown) {
    throw new ComparisonDirectoryError(directory, thrown);
  }
}

/** Gives the comparison up where this process has it; who never had it gives nothing up. */
async function release(store: ComparisonStore, running: RunningProcess): Promise<void> {
  try {
    if ((await store.comparison()) !== null) await store.release(running.identity);
  } catch {
    // The store is lost: the next command finds that this process is dead, and takes over what was committed.
  }
}
