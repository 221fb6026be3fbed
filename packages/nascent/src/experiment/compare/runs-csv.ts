import type { SearchRun } from '../../trial/search-run.ts';
import { chosenTrial, secondsOf } from './best-so-far.ts';

const COLUMNS = [
  'strategy',
  'seed',
  'trials',
  'distinct_architectures',
  'repeats',
  'seconds',
  'chosen_trial',
  'chosen_architecture',
  'chosen_tokens',
  'reward',
  'search_score',
  'final_validation',
  'final_test',
  'policy_updates',
  'policy_entropy_nats',
  'policy_kl_nats',
  'policy_note',
  'strategy_ms',
] as const;

/**
 * One line for each run (RFC 4180, LF). Scores as they are stored: accuracies are fractions. Trials count from 1;
 * what there is none of is empty.
 */
export function runsCsv(runs: readonly SearchRun[]): string {
  const lines = runs.map((run) => COLUMNS.map((column) => field(valuesOf(run)[column])).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}

type Value = string | number | null;

function valuesOf(run: SearchRun): Record<(typeof COLUMNS)[number], Value> {
  const { trials, policy } = run;
  const chosen = chosenTrial(trials);
  const of = <T>(column: readonly T[]): T | null => (chosen === null ? null : (column[chosen] ?? null));
  return {
    strategy: run.strategy,
    seed: run.seed,
    trials: trials.reward.length,
    distinct_architectures: new Set(trials.architecture).size,
    repeats: trials.repeat.filter(Boolean).length,
    seconds: secondsOf(run),
    chosen_trial: chosen === null ? null : chosen + 1,
    chosen_architecture: of(trials.architecture),
    chosen_tokens: of(trials.tokens),
    reward: of(trials.reward),
    search_score: of(trials.score),
    final_validation: of(trials.finalValidation),
    final_test: of(trials.finalTest),
    policy_updates: policy.updates,
    policy_entropy_nats: policy.entropy,
    policy_kl_nats: policy.kl,
    policy_note: policy.note,
    strategy_ms: run.strategyMs,
  };
}

function field(value: Value): string {
  const text = value === null ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
