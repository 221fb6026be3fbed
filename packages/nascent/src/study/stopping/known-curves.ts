import type { Evaluation, Stopped } from '../../evaluation/evaluation.ts';
import type { TrialState } from '../../trial/life-cycle.ts';
import type { TrialOutcome } from '../../trial/record.ts';
import type { LearningCurve, OtherCurve } from './learning-curve.ts';
import type { StoppingRule } from './rule.ts';
import { verdict } from './verdict.ts';

/**
 * The learning curves that a search has seen, by trial, and its stopping rule.
 *
 * With one child at a time a verdict depends on the stored curves of earlier trials alone, so that a resumed search
 * stops as one that was never killed. With several it depends on the order in which they report.
 */
export class KnownCurves {
  readonly #rule: StoppingRule;
  readonly #curves = new Map<number, OtherCurve>();

  constructor(rule: StoppingRule) {
    this.#rule = rule;
  }

  /** Takes in the curve of a trial in training. @returns null: it goes on */
  judge(trial: number, curve: LearningCurve): Stopped | null {
    this.#curves.delete(trial);
    const stopped = verdict(this.#rule, curve, [...this.#curves.values()]);
    this.#curves.set(trial, { curve: [...curve], completed: false });
    return stopped;
  }

  /** A trial has ended. @param kind of its outcome, or its state: only `completed` counts as trained to the end */
  ended(trial: number, curve: LearningCurve, { kind }: TrialOutcome | { readonly kind: TrialState }): void {
    this.#curves.set(trial, { curve, completed: kind === 'completed' });
  }

  /** A trial in training goes back to the queue: what it reported is void. */
  forget(trial: number): void {
    this.#curves.delete(trial);
  }

  /**
   * Where this rule would have stopped a child whose whole training is known; takes the trial in as ended.
   * @returns null: it would have been trained to the end
   */
  replay(trial: number, { curve, outcome }: Evaluation): Stopped | null {
    for (const i of curve.keys()) {
      const soFar = curve.slice(0, i + 1);
      const stopped = this.judge(trial, soFar);
      if (stopped === null) continue;
      this.ended(trial, soFar, stopped);
      return stopped;
    }
    this.ended(trial, curve, outcome);
    return null;
  }
}
