import type { EvaluatorPool } from '../study/evaluator-pool.ts';
import { isInline, loadEvaluator } from './evaluator-module.ts';
import { openInlinePool } from './inline-pool.ts';
import { openProcessPool, type ProcessPoolOptions } from './process-pool.ts';
import { threadsPerWorker } from './worker-environment.ts';

export interface EvaluatorPoolOptions extends ProcessPoolOptions {
  /** Slots of an evaluator that needs no process of its own; default: as many as there would be workers. */
  readonly inlineSlots?: number;
}

/** Worker processes, or for an evaluator that needs none slots in this one. */
export async function openEvaluatorPool(options: EvaluatorPoolOptions): Promise<EvaluatorPool> {
  const { evaluator, workers, configDirectory, inlineSlots: slots = workers } = options;
  if (!(await isInline(evaluator.module))) return openProcessPool(options);
  const threads = options.threads ?? threadsPerWorker(slots);
  const loaded = await loadEvaluator(evaluator, { threads, configDirectory });
  const pool = openInlinePool(loaded, { slots });
  return {
    ...pool,
    async close() {
      await pool.close();
      loaded.dispose();
    },
  };
}
