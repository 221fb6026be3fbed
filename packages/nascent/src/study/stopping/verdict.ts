import { assertNever } from '../../assert-never.ts';
import type { Stopped } from '../../evaluation/evaluation.ts';
import { ashaVerdict } from './asha-rule.ts';
import type { LearningCurve, OtherCurve } from './learning-curve.ts';
import { medianVerdict } from './median-rule.ts';
import type { StoppingRule } from './rule.ts';

/**
 * Whether a child is stopped after the epoch that it has just finished. A function of learning curves alone: of
 * scores, never of times, parameters or rewards.
 *
 * How long a training is is learned from the trials that were trained to the end: before there is one, and at the
 * last epoch that one of them had, nothing is stopped (there is nothing left to save).
 * @param curve of the child so far
 * @param others of all other trials so far, those in training included
 * @returns null: it goes on
 */
export function verdict(
  rule: StoppingRule,
  curve: LearningCurve,
  others: readonly OtherCurve[],
): Stopped | null {
  const stopped = byRule(rule, curve, others);
  if (stopped === null) return null;
  const somethingLeft = others.some(
    (other) => other.completed && (other.curve.at(-1)?.epoch ?? 0) > stopped.epoch,
  );
  return somethingLeft ? stopped : null;
}

function byRule(rule: StoppingRule, curve: LearningCurve, others: readonly OtherCurve[]): Stopped | null {
  switch (rule.rule) {
    case 'median':
      return medianVerdict(rule, curve, others);
    case 'asha':
      return ashaVerdict(rule, curve, others);
    default:
      return assertNever(rule);
  }
}
