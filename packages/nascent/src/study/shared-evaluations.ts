import type { ComparisonStore, EvaluationResult, SharedEvaluation } from '../store/comparison-store.ts';
import type { ProcessIdentity } from '../trial/owner.ts';
import { EvaluatorFailedError } from './errors.ts';
import type { EvaluatorPool } from './evaluator-pool.ts';

export interface SharedEvaluationsOptions {
  readonly pool: EvaluatorPool;
  readonly store: ComparisonStore;
  readonly owner: ProcessIdentity;
  /** How often a child may die or throw before its evaluation has failed. */
  readonly attempts: number;
  /** Aborted to interrupt: what is being trained is given up, what was trained is kept. */
  readonly signal: AbortSignal;
}

/** An evaluation that a run wants. */
export interface WantedEvaluation {
  readonly architecture: unknown;
  /** Identity of the architecture. */
  readonly key: string;
  /** The seed of the runs that share it. */
  readonly replicate: number;
  /** With which the child is trained: follows from the two. */
  readonly seed: number;
}

/**
 * Evaluations that the runs of a comparison share: each architecture is trained once for each replicate seed,
 * whichever strategy asks first, and kept in the store as soon as it is made. So a comparison that is killed loses
 * no training, and two strategies that find the same architecture get the same result.
 */
export class SharedEvaluations {
  readonly #options: SharedEvaluationsOptions;
  readonly #underWay = new Map<string, Promise<SharedEvaluation | null>>();
  #jobs = 0;
  /** True once any child was evaluated, so that the evaluator is known to work at all. */
  #works: boolean;

  /** @param works whether the evaluator is known to work, because the store holds evaluations */
  constructor(options: SharedEvaluationsOptions, works: boolean) {
    this.#options = options;
    this.#works = works;
  }

  /**
   * The evaluation, made now if nobody has made it; two that want the same at once wait for one.
   * @returns null where it was interrupted
   * @throws EvaluatorFailedError where the evaluator threw before it had evaluated any child
   */
  get(wanted: WantedEvaluation): Promise<SharedEvaluation | null> {
    const name = `${wanted.key} ${wanted.replicate}`;
    const underWay = this.#underWay.get(name);
    if (underWay !== undefined) return underWay;
    const made = this.#findOrMake(wanted).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, made);
    return made;
  }

  async #findOrMake(wanted: WantedEvaluation): Promise<SharedEvaluation | null> {
    const { store, owner } = this.#options;
    const key = { architecture: wanted.key, replicate: wanted.replicate };
    const kept = await store.evaluation(key);
    if (kept !== null) return kept;
    const made = await this.#make(wanted);
    return made === null ? null : store.keepEvaluation(owner, key, made);
  }

  async #make({ architecture, seed }: WantedEvaluation): Promise<SharedEvaluation | null> {
    const { pool, attempts, signal } = this.#options;
    const trial = ++this.#jobs; // only names the job towards its worker
    let milliseconds = 0;
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) return null;
      const startedAt = performance.now();
      const result = await pool.evaluate(
        { trial, attempt, architecture, seed },
        { report: () => {}, signal },
      );
      milliseconds += performance.now() - startedAt;
      const ended = (of: EvaluationResult) => ({ result: of, seconds: milliseconds / 1000 });
      switch (result.kind) {
        case 'cancelled':
          return null;
        case 'evaluated':
          this.#works = true;
          milliseconds = Math.max(0, milliseconds - result.workerFacts.overheadMs);
          return ended({ kind: 'evaluated', evaluation: result.evaluation });
        case 'crashed':
        case 'error': {
          if (attempt < attempts) continue;
          const detail = result.kind === 'crashed' ? result.detail : result.message;
          if (result.kind === 'error' && !this.#works) throw new EvaluatorFailedError(null, detail);
          return ended({ kind: 'failed', outcome: result.kind, detail });
        }
      }
    }
  }
}
