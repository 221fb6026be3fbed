import type { Evaluation, Stopped } from '../../evaluation/evaluation.ts';

/** The part of a training, in epochs, that is done by the end of one. 1 where nothing was reported. */
export function shareTrained({ curve }: Evaluation, epoch: number): number {
  const last = curve.at(-1)?.epoch ?? epoch;
  return Math.min(1, epoch / last);
}

/**
 * An evaluation as it is where the child was stopped: its curve up to then, and of its simulated seconds the part that
 * was trained.
 */
export function stopAfter(evaluation: Evaluation, outcome: Stopped): Evaluation {
  const { curve, parameters, facts } = evaluation;
  const { simulatedSeconds, ...others } = facts;
  return {
    outcome,
    curve: curve.filter((report) => report.epoch <= outcome.epoch),
    parameters,
    facts:
      simulatedSeconds === undefined
        ? facts
        : { ...others, simulatedSeconds: simulatedSeconds * shareTrained(evaluation, outcome.epoch) },
  };
}
