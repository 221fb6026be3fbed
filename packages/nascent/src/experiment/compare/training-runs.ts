import { assertEvaluatorSuits } from '../../reinforce/reward.ts';
import type { ComparisonStore } from '../../store/comparison-store.ts';
import type { Strategy } from '../../strategy/strategy.ts';
import { ArchitecturesOfSamples } from '../../study/architectures-of-samples.ts';
import type { StudyConfig } from '../../study/config.ts';
import type { EvaluatorPool } from '../../study/evaluator-pool.ts';
import type { PreparedComparison } from '../../study/prepare-comparison.ts';
import { searchInMemory } from '../../study/search-in-memory.ts';
import { searchPlan } from '../../study/search-plan.ts';
import { SharedEvaluations } from '../../study/shared-evaluations.ts';
import { strategyMakers } from '../../study/strategy-makers.ts';
import type { ProcessIdentity } from '../../trial/owner.ts';
import { openProcessPool } from '../../workers/process-pool.ts';
import type { RunMaker } from './make-runs.ts';
import type { RunMakers } from './table-runs.ts';

/** For evaluators that train: the pool of their processes, and strategies that run in this one. */
export interface TrainingRuns extends Omit<RunMakers, 'makers'> {
  /** Makers that share the store's evaluations; as many as the pool has slots. */
  makersFor(options: {
    readonly store: ComparisonStore;
    readonly owner: ProcessIdentity;
    readonly signal: AbortSignal;
    readonly onTrial: (strategy: string, seed: number, trials: number) => void;
  }): Promise<readonly RunMaker[]>;
}

/**
 * Starts the processes that train children, one engine thread each whatever their number, so that results do not
 * depend on it.
 * @throws WorkerStartError, StrategyOptionsError, RewardRefusedError
 */
export async function openTrainingRuns(
  config: StudyConfig,
  prepared: PreparedComparison,
  options: { readonly workers: number; readonly configDirectory: string; readonly signal: AbortSignal },
): Promise<TrainingRuns> {
  const { workers, configDirectory, signal } = options;
  const { space, evaluatorModule } = prepared;
  const strategies = await strategyMakers(space, prepared.strategies, config.warmStart);
  const evaluatorOptions = config.evaluator.options;
  const pool = openProcessPool({
    workers,
    threads: 1,
    evaluator: {
      module: evaluatorModule,
      ...(evaluatorOptions === undefined ? {} : { options: evaluatorOptions }),
    },
    configDirectory,
    limits: config.limits,
  });
  try {
    const facts = await Promise.race([pool.ready(), aborted(signal)]);
    if (facts !== null) assertEvaluatorSuits(facts, config.reward);
    return {
      facts,
      close: () => pool.close(),
      makersFor: (of) => makers(config, prepared, pool, strategies, of),
    };
  } catch (thrown) {
    await pool.close();
    throw thrown;
  }
}

async function makers(
  config: StudyConfig,
  { space }: PreparedComparison,
  pool: EvaluatorPool,
  strategies: ReadonlyMap<string, (seed: number) => Strategy>,
  { store, owner, signal, onTrial }: Parameters<TrainingRuns['makersFor']>[0],
): Promise<readonly RunMaker[]> {
  const { attempts } = config.limits;
  const evaluations = new SharedEvaluations(
    { pool, store, owner, attempts, signal },
    (await store.evaluationCount()) > 0,
  );
  const architectures = new ArchitecturesOfSamples(space);
  const plan = searchPlan(config, space);
  const maker: RunMaker = {
    async make({ strategy: label, seed }) {
      const create = strategies.get(label);
      if (create === undefined) throw new Error(`no strategy ${label} was prepared for a run`);
      const strategy = create(seed);
      try {
        return await searchInMemory({
          plan,
          architectures,
          label,
          seed,
          strategy,
          evaluate: (architecture, key, childSeed) =>
            evaluations.get({ architecture, key, replicate: seed, seed: childSeed }),
          onTrial: (trials) => onTrial(label, seed, trials),
        });
      } finally {
        strategy.dispose();
      }
    },
  };
  return Array.from({ length: pool.slots }, () => maker);
}

/** Resolves to null when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<null> {
  if (signal.aborted) return Promise.resolve(null);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
}
