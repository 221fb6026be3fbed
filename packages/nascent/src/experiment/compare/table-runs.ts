import { availableParallelism } from 'node:os';
import type { EvaluatorFacts } from '../../evaluation/evaluator.ts';
import type { StudyConfig } from '../../study/config.ts';
import type { PreparedComparison } from '../../study/prepare-comparison.ts';
import { RunWorker } from '../../workers/run-worker.ts';
import type { RunMaker } from './make-runs.ts';

/** What makes the runs of a comparison. */
export interface RunMakers {
  readonly makers: readonly RunMaker[];
  /** What the evaluator says of itself; null where the makers were closed before they were ready. */
  readonly facts: EvaluatorFacts | null;
  close(): Promise<void>;
}

/** Runs beyond the number of cores only wait for each other. */
export const defaultWorkers = (): number => availableParallelism();

/**
 * For inline evaluators (tables): worker processes that each compute whole runs, one engine thread each. Whatever
 * their number, the runs are the same.
 * @throws WorkerStartError in the words of whatever could not be loaded
 */
export async function openTableRuns(
  config: StudyConfig,
  prepared: PreparedComparison,
  options: { readonly workers: number; readonly configDirectory: string; readonly signal: AbortSignal },
): Promise<RunMakers> {
  const { workers, configDirectory, signal } = options;
  const open = {
    kind: 'open',
    config,
    space: prepared.spaceModule,
    evaluator: prepared.evaluatorModule,
    strategies: prepared.strategies.map((strategy) => ({
      label: strategy.label,
      module: strategy.module,
      options: strategy.options,
    })),
    configDirectory,
    threads: 1,
  } as const;
  const pool = Array.from(
    { length: workers },
    () => new RunWorker({ ...open, strategies: [...open.strategies] }),
  );
  const close = async (): Promise<void> => {
    signal.removeEventListener('abort', onAbort);
    await Promise.all(pool.map((worker) => worker.close()));
  };
  const onAbort = (): void => void Promise.all(pool.map((worker) => worker.close()));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const [facts] = await Promise.all(pool.map((worker) => worker.open()));
    const makers = pool.map((worker): RunMaker => ({ make: (key) => worker.run(key) }));
    return { makers, facts: facts?.evaluator ?? null, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
