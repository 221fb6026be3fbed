import type { Evaluator } from '../evaluation/evaluator.ts';
import { parseEvaluation } from '../evaluation/parse.ts';
import type { SharedEvaluation } from '../store/comparison-store.ts';
import { EvaluatorFailedError } from '../study/errors.ts';
import { describeThrown } from './thrown-words.ts';

/** Evaluates in this process, for whole runs on a table. */
export class InlineEvaluations {
  readonly #evaluator: Evaluator;
  readonly #attempts: number;
  /** Nobody cancels a look-up: a comparison that is interrupted ends the process. */
  readonly #signal = new AbortController().signal;
  #works = false;

  /** @param attempts how often an evaluation may throw before it has failed */
  constructor(evaluator: Evaluator, attempts: number) {
    this.#evaluator = evaluator;
    this.#attempts = attempts;
  }

  /** @throws EvaluatorFailedError where the evaluator throws before it has evaluated anything in this process */
  async evaluate(architecture: unknown, seed: number): Promise<SharedEvaluation> {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    for (let attempt = 1; ; attempt++) {
      try {
        const returned: unknown = await this.#evaluator.evaluate(architecture, {
          seed,
          report: () => {},
          signal: this.#signal,
        });
        const evaluation = parseEvaluation(returned, 'the evaluator');
        this.#works = true;
        return { result: { kind: 'evaluated', evaluation }, seconds: seconds() };
      } catch (thrown) {
        if (attempt < this.#attempts) continue;
        const detail = describeThrown(thrown);
        if (!this.#works) throw new EvaluatorFailedError(null, detail);
        return { result: { kind: 'failed', outcome: 'error', detail }, seconds: seconds() };
      }
    }
  }
}
