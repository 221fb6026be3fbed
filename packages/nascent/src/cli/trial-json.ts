import type { TrialRecord } from '../trial/record.ts';

/** A trial as `--json` prints it: the fields that scripts rely on. Accuracies are fractions; absent is null. */
export function trialJson(trial: TrialRecord) {
  const score = trial.score;
  return {
    number: trial.number,
    state: trial.state,
    tokens: trial.tokens,
    reward: trial.reward,
    validationAccuracy: score?.split === 'validation' && score.metric === 'accuracy' ? score.value : null,
    parameters: trial.parameters,
    latencyMs: trial.facts['latencyMs'] ?? null,
    epochs: trial.epochs,
    seconds: trial.seconds,
    outcome: trial.outcome,
    attempt: trial.attempt,
    reusedFrom: trial.reusedFrom,
    architecture: trial.architecture,
  };
}
