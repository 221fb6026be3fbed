import type { Stopped } from './evaluation.ts';

/**
 * The reason of an evaluator's signal that is aborted because the study's stopping rule ended the child's training.
 *
 * An evaluator may throw it, as for any other abort. One that catches it and returns its evaluation with this
 * outcome keeps the child's parameters and facts as well; whatever it reports after the stop is left out.
 */
export class EarlyStop extends Error {
  override readonly name = 'EarlyStop';
  readonly outcome: Stopped;

  constructor(outcome: Stopped) {
    super(`stopped after epoch ${outcome.epoch}: ${outcome.detail}`);
    this.outcome = outcome;
  }
}
