import type { StudyRecord } from '../../store/store.ts';
import type { StrategySummary } from '../../strategy/strategy.ts';
import { parseConfig } from '../../study/config.ts';
import { chargedSeconds } from '../../study/trial-cost.ts';
import { isTerminal } from '../../trial/life-cycle.ts';
import type { TrialRecord } from '../../trial/record.ts';
import type { SearchRun } from '../../trial/search-run.ts';

/** What a study does not keep in its trials. */
export interface StudyRunOptions {
  /** Replaces `strategyLabel`, where several studies would have the same. */
  readonly label?: string;
  /** Of the study's strategy as it stands; without it nothing is said of the policy. */
  readonly summary?: StrategySummary;
}

/**
 * A study as a run of a comparison: its terminal trials, in the order in which they were told. Cancelled trials were
 * not told and are left out. Final scores are unknown. The strategy's own time is not kept, and is 0.
 *
 * A trial is charged its simulated seconds, else its wall-clock seconds; one that took over another's result, those
 * of the other.
 * @throws ConfigInvalidError if the study's config is not one
 */
export function runOfStudy(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  { label, summary }: StudyRunOptions = {},
): SearchRun {
  const told = trials
    .filter(({ state, reward }) => isTerminal(state) && reward !== null)
    .sort((a, b) => compareText(a.finishedAt ?? '', b.finishedAt ?? '') || a.number - b.number);
  const ofNumber = new Map(trials.map((trial) => [trial.number, trial]));
  const seen = new Set<string>();
  const repeat = told.map(({ architectureKey }) => {
    const again = seen.has(architectureKey);
    seen.add(architectureKey);
    return again;
  });
  return {
    strategy: label ?? strategyLabel(study),
    seed: study.seed,
    trials: {
      tokens: told.map(({ tokens }) => tokens),
      architecture: told.map(({ architectureKey }) => architectureKey),
      reward: told.map(({ reward }) => reward ?? 0),
      score: told.map(({ state, score }) => (state === 'stopped' ? null : (score?.value ?? null))),
      seconds: told.map((trial) => secondsCharged(trial, ofNumber)),
      repeat,
      finalValidation: told.map(() => null),
      finalTest: told.map(() => null),
    },
    policy: {
      updates: summary?.updates ?? 0,
      entropy: summary?.entropy ?? null,
      kl: summary?.kl ?? null,
      note: summary?.note ?? null,
    },
    strategyMs: 0,
  };
}

/** The strategy's name and, where its options name one, its preset: `policy-gradient small`. */
export function strategyLabel(study: StudyRecord): string {
  const { strategy } = parseConfig(study.config, `the config of study "${study.name}"`);
  const preset = strategy.options?.['preset'];
  return typeof preset === 'string' ? `${study.strategy} ${preset}` : study.strategy;
}

function secondsCharged(trial: TrialRecord, ofNumber: ReadonlyMap<number, TrialRecord>): number {
  const trained = trial.reusedFrom === null ? trial : (ofNumber.get(trial.reusedFrom) ?? trial);
  return chargedSeconds(trained.facts, trained.seconds ?? 0).seconds;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
