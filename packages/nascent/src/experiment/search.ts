import { assertEvaluatorSuits } from '../reinforce/reward.ts';
import { openStore, studyNameOf } from '../store/open-store.ts';
import { begunStrategy } from '../study/begun-strategy.ts';
import type { StudyConfig, StudyConfigInput } from '../study/config.ts';
import { parseConfig } from '../study/config.ts';
import { withDefaultPreset } from '../study/default-preset.ts';
import { prepareStudy } from '../study/prepare.ts';
import { runStudy, type StudySummary } from '../study/run-study.ts';
import type { StudyEvent } from '../study/study-event.ts';
import { nascentVersion } from '../version.ts';
import { openEvaluatorPool } from '../workers/open-evaluator-pool.ts';
import { type LearningProgress, learningProgress } from './learning-progress.ts';

export interface SearchOptions {
  /** The study file or URL. It is begun where it does not exist, and resumed where it does. */
  readonly study: string;
  /** Relative paths in the config start here; the working directory by default. */
  readonly configDirectory?: string;
  /** Where children are trained, for example `cuda`; default: on the processor. */
  readonly device?: string | undefined;
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
  const { configDirectory = process.cwd(), device, signal, onEvent, takeOver = false } = options;
  const given = parseConfig(config, 'the config');
  const strategy = withDefaultPreset(given.strategy, given.trials, await begunStrategy(options.study));
  const parsed: StudyConfig = { ...given, strategy };
  const prepared = await prepareStudy(parsed, configDirectory);
  try {
    const { workers, limits } = parsed;
    const { evaluator } = prepared;
    // One look-up at a time, so that a search on a table is synchronous: its resume is exact.
    const pool = await openEvaluatorPool({
      workers,
      evaluator,
      configDirectory,
      limits,
      device,
      inlineSlots: 1,
    });
    try {
      // Before the study is begun: an evaluator that cannot start must leave neither a file behind nor a study
      // with its wrong options.
      const facts = await Promise.race([pool.ready(), aborted(signal)]);
      if (facts !== null) assertEvaluatorSuits(facts, parsed.reward);
      const store = await openStore(options.study, { access: 'create' });
      try {
        const summary = await runStudy({
          store,
          name: studyNameOf(options.study),
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

/** Resolves to null when the signal is aborted; never without one. */
function aborted(signal: AbortSignal | undefined): Promise<null> {
  if (signal?.aborted) return Promise.resolve(null);
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(null), { once: true }));
}
