import { assertEvaluatorSuits } from '../reinforce/reward.ts';
import { openStore } from '../store/open-store.ts';
import { begunStrategy } from '../study/begun-strategy.ts';
import type { StudyConfig, StudyConfigInput } from '../study/config.ts';
import { parseConfig } from '../study/config.ts';
import { withDefaultPreset } from '../study/default-preset.ts';
import type { EvaluatorPool } from '../study/evaluator-pool.ts';
import { importModule } from '../study/import-module.ts';
import type { ModuleReference } from '../study/module-reference.ts';
import { inlineBuiltIns } from '../study/modules.ts';
import { prepareStudy } from '../study/prepare.ts';
import { runStudy, type StudySummary } from '../study/run-study.ts';
import type { StudyEvent } from '../study/study-event.ts';
import { nascentVersion } from '../version.ts';
import { type EvaluatorReference, loadEvaluator } from '../workers/evaluator-module.ts';
import { openInlinePool } from '../workers/inline-pool.ts';
import { openProcessPool } from '../workers/process-pool.ts';
import { threadsPerWorker } from '../workers/worker-environment.ts';
import { type LearningProgress, learningProgress } from './learning-progress.ts';

export interface SearchOptions {
  /** The study file. It is begun where it does not exist, and resumed where it does. */
  readonly study: string;
  /** Relative paths in the config start here; the working directory by default. */
  readonly configDirectory?: string;
  /** Aborted to interrupt: children in training are handed back, everything is saved. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: StudyEvent) => void;
  /** Takes the study from an owner on another machine, which cannot be known to live from here. */
  readonly takeOver?: boolean;
}

export interface SearchResult extends StudySummary {
  /** Of the trials after the warm start; null with fewer than nine rewards, or where a child was stopped early. */
  readonly progress: LearningProgress | null;
}

/**
 * A whole search: opens the study, starts the workers, runs to the config's number of trials, closes everything.
 *
 * Run it again with the same config and study to go on after an interruption, a crash, or with more trials.
 * @throws ConfigInvalidError, ConfigChangedError, StudyRunningError, the errors of `store/errors.ts`, and what the
 *   evaluator says when it cannot start (engine or data missing)
 */
export async function search(config: StudyConfigInput, options: SearchOptions): Promise<SearchResult> {
  const { configDirectory = process.cwd(), signal, onEvent, takeOver = false } = options;
  const given = parseConfig(config, 'the config');
  const strategy = withDefaultPreset(given.strategy, given.trials, await begunStrategy(options.study));
  const parsed: StudyConfig = { ...given, strategy };
  const prepared = await prepareStudy(parsed, configDirectory);
  try {
    const { workers, limits } = parsed;
    const { evaluator } = prepared;
    const pool = (await isInline(evaluator.module))
      ? await openInline(evaluator, configDirectory)
      : openProcessPool({ workers, evaluator, configDirectory, limits });
    try {
      // Before the study is begun: an evaluator that cannot start must leave neither a file behind nor a study
      // with its wrong options.
      const facts = await Promise.race([pool.ready(), aborted(signal)]);
      if (facts !== null) assertEvaluatorSuits(facts, parsed.reward);
      const store = await openStore(options.study, { access: 'create' });
      try {
        const summary = await runStudy({
          store,
          config: parsed,
          space: prepared.space,
          strategy: prepared.strategy,
          pool,
          evaluatorIdentity: prepared.evaluatorIdentity,
          datasetChecksum: facts?.datasetChecksum ?? null,
          codeVersion: nascentVersion(),
          takeOver,
          ...(signal === undefined ? {} : { signal }),
          ...(onEvent === undefined ? {} : { onEvent }),
        });
        // What it was given to begin with says nothing of what it learned.
        const own = summary.trials.slice(parsed.warmStart?.length ?? 0);
        const rewards = own.flatMap((trial) => (trial.reward === null ? [] : [trial.reward]));
        // A child that was stopped early earns less than whole training would have given it, and there are more of
        // them later: that rewards fall then says nothing of what was learned.
        const comparable = own.every((trial) => trial.state !== 'stopped');
        return { ...summary, progress: comparable ? learningProgress(rewards, parsed.seed) : null };
      } finally {
        await store.close();
      }
    } finally {
      await pool.close();
    }
  } finally {
    prepared.strategy.dispose();
  }
}

/**
 * An evaluator's module says by `export const inline = true` that it needs no process of its own. Of the built-in ones
 * it is known beforehand: importing one that trains would load the engine here.
 */
export async function isInline(module: ModuleReference): Promise<boolean> {
  if (module.origin === 'built-in') return inlineBuiltIns.has(module.use);
  return (await importModule(module.path))['inline'] === true;
}

async function openInline(evaluator: EvaluatorReference, configDirectory: string): Promise<EvaluatorPool> {
  const loaded = await loadEvaluator(evaluator, { threads: threadsPerWorker(1), configDirectory });
  const pool = openInlinePool(loaded);
  return {
    ...pool,
    async close() {
      await pool.close();
      loaded.dispose();
    },
  };
}

/** Resolves to null when the signal is aborted; never without one. */
function aborted(signal: AbortSignal | undefined): Promise<null> {
  if (signal?.aborted) return Promise.resolve(null);
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(null), { once: true }));
}
