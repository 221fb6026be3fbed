import type { EpochReport } from '../evaluation/evaluation.ts';
import type { RewardConfig } from '../reinforce/reward.ts';
import type { TrialResult } from '../store/store.ts';
import type { TrialOutcome, TrialRecord } from '../trial/record.ts';
import type { JobResult } from './evaluator-pool.ts';
import { earned } from './reward-policy.ts';

/** What is stored of a trial that has ended, besides which attempt it was. */
export type EndedResult = Omit<TrialResult, 'number' | 'attempt' | 'attemptLimit'>;

/** Of a child that was evaluated, whatever its outcome. @throws RewardRefusedError */
export function resultOfEvaluation(
  { evaluation, workerFacts: worker }: Extract<JobResult, { readonly kind: 'evaluated' }>,
  reward: RewardConfig,
): EndedResult {
  const { outcome, curve, parameters, facts } = evaluation;
  return { outcome, curve, ...earned(evaluation, reward), parameters, facts, reusedFrom: null, worker };
}

/** Of a trial whose network was trained before: the twin's reward and score, its curve not told again. */
export function resultOfTwin(twin: TrialRecord): EndedResult {
  const { number: reusedFrom, reward, score, parameters, facts } = twin;
  if (reward === null) throw new Error(`trial ${reusedFrom} is completed but has no reward`);
  const outcome: TrialOutcome = { kind: 'completed' };
  return { outcome, curve: [], reward, score, parameters, facts, reusedFrom, worker: null };
}

/** Of a child that died or threw, for good: the reward of a failure. */
export function resultOfFailure(
  outcome: TrialOutcome,
  curve: readonly EpochReport[],
  reward: RewardConfig,
): EndedResult {
  const none = { parameters: null, facts: {}, reusedFrom: null, worker: null };
  return { outcome, curve, ...earned(null, reward), ...none };
}
