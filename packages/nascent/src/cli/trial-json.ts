import type { Metric } from '../evaluation/evaluation.ts';
import type { TrialRecord } from '../trial/record.ts';

/** A trial as `--json` prints it: the fields that scripts rely on. Accuracies are fractions; absent is null. */
export function trialJson(trial: TrialRecord) {
  return {
    number: trial.number,
    state: trial.state,
    tokens: trial.tokens,
    reward: trial.reward,
    validationAccuracy: validationScore(trial, 'accuracy'),
    validationPerplexity: validationScore(trial, 'perplexity'),
    parameters: trial.parameters,
    latencyMs: trial.facts['latencyMs'] ?? null,
    epochs: trial.epochs,
    seconds: trial.seconds,
    outcome: trial.outcome,
    attempt: trial.attempt,
    reusedFrom: trial.reusedFrom,
    worker: trial.worker,
    architecture: trial.architecture,
  };
}

function validationScore({ score }: TrialRecord, metric: Metric): number | null {
  return score?.split === 'validation' && score.metric === metric ? score.value : null;
}
