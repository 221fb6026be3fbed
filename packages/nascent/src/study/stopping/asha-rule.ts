import type { Stopped } from '../../evaluation/evaluation.ts';
import { bestScore, isBetter, type LearningCurve, type OtherCurve, scoreWords } from './learning-curve.ts';
import type { AshaRule } from './rule.ts';

/**
 * Asynchronous successive halving (Li et al. 2020), the variant that stops instead of pausing and promoting: it needs
 * no checkpoints. The rungs are the epochs r, rη, rη², …. A child that reaches a rung goes on if it is in the top 1/η
 * (at least one) of all that have reached the rung so far, itself included, whatever became of them. A tie with the
 * last that goes on goes on too. A score at a rung is the best so far. Where no report falls on a rung's epoch, the
 * first after it counts.
 * @param curve of the child, up to the epoch that it has just finished
 * @returns null: it goes on
 */
export function ashaVerdict(
  { firstRung, factor }: AshaRule,
  curve: LearningCurve,
  others: readonly OtherCurve[],
): Stopped | null {
  const last = curve.at(-1);
  const best = bestScore(curve);
  if (last === undefined || best === null) return null;
  const { metric } = last.score;
  const before = curve.at(-2)?.epoch ?? 0;
  for (let rung = firstRung; rung <= last.epoch; rung *= factor) {
    if (rung <= before) continue; // judged at an earlier report
    const reached = others.flatMap((other) => scoreAtRung(other.curve, rung) ?? []);
    const goOn = Math.max(1, Math.floor((reached.length + 1) / factor));
    const better = reached.filter((score) => isBetter(score, best, metric)).length;
    if (better < goOn) continue;
    const detail =
      `best ${scoreWords(best, metric)} by epoch ${last.epoch}, number ${better + 1} of the ${reached.length + 1} ` +
      `children at rung ${rung}, of which the first ${goOn} went on`;
    return { kind: 'stopped', epoch: last.epoch, rule: 'asha', detail };
  }
  return null;
}

/** @returns null for a child that did not reach the rung */
function scoreAtRung(curve: LearningCurve, rung: number): number | null {
  let best: number | null = null;
  for (const { epoch, score } of curve) {
    if (best === null || isBetter(score.value, best, score.metric)) best = score.value;
    if (epoch >= rung) return best;
  }
  return null;
}
