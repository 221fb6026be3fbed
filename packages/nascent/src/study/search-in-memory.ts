import type { FinalScores } from '../evaluation/evaluator.ts';
import { deriveSeed } from '../random.ts';
import type { RewardConfig } from '../reinforce/reward.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { ArgumentSchedule } from '../search-space/space.ts';
import type { EvaluationResult, FinalSplits, SharedEvaluation } from '../store/comparison-store.ts';
import type { Strategy } from '../strategy/strategy.ts';
import type { SearchRun } from '../trial/search-run.ts';
import type { ArchitecturesOfSamples } from './architectures-of-samples.ts';
import { scheduledArguments } from './layer-schedule.ts';
import { earned } from './reward-policy.ts';
import { KnownCurves } from './stopping/known-curves.ts';
import type { StoppingRule } from './stopping/rule.ts';
import { shareTrained, stopAfter } from './stopping/stop-after.ts';
import { chargedSeconds } from './trial-cost.ts';
import { nextSample } from './warm-start.ts';

/** What all runs of a comparison have in common. */
export interface SearchPlan {
  readonly arguments: SpaceArguments;
  readonly schedule?: ArgumentSchedule | undefined;
  readonly reward: RewardConfig;
  /** At most so many trials. */
  readonly trials: number;
  /** At most so many seconds; null where only trials are counted. */
  readonly budgetSeconds: number | null;
  /** Absent where every child is trained to the end. */
  readonly stopping?: StoppingRule | undefined;
  /** The first samples of each run, the same for every strategy; absent or empty where it draws them itself. */
  readonly warmStart?: readonly Sample[] | undefined;
}

/** What one run needs besides the plan. */
export interface SearchInMemoryOptions {
  readonly plan: SearchPlan;
  readonly architectures: ArchitecturesOfSamples;
  /** The strategy's label in its comparison. */
  readonly label: string;
  /** The run's seed. */
  readonly seed: number;
  /** Fresh, made with the run's seed. Stays the caller's to dispose. */
  readonly strategy: Strategy;
  /**
   * Evaluates an architecture with the run's replicate seed. Asked once for each distinct architecture of the run.
   * @returns null where the run is interrupted
   */
  evaluate(architecture: unknown, key: string, seed: number): Promise<SharedEvaluation | null>;
  /** Called after the run has ended, and only then; absent where the evaluator has no such scores. */
  readonly finals?: ((architecture: unknown) => FinalScores) | undefined;
  /** Called after each trial that counts, with their number so far. */
  readonly onTrial?: ((trials: number) => void) | undefined;
}

/** A run that has ended. */
export interface EndedSearch {
  readonly run: SearchRun;
  readonly clock: 'simulated' | 'measured';
  readonly finals: FinalSplits | null;
}

/** The seed with which a run trains an architecture: the same for every strategy that runs with this seed. */
export function replicateSeed(runSeed: number, architecture: string): number {
  return deriveSeed('replicate', runSeed, architecture);
}

/**
 * One whole search, kept in memory: ask for one, evaluate, reward, tell, until the trials or the budget are spent.
 *
 * A trial counts if it is complete within the budget. The first that would overshoot is neither counted nor told,
 * and ends the run. A sample that builds an architecture seen before in this run is charged again: a strategy that
 * avoids repeats saves that.
 *
 * With a stopping rule each run judges whole learning curves, which strategies can share: what it sees of an
 * evaluation ends where the rule would have stopped the child after the run's earlier trials, and it is charged that
 * part of the seconds. A stopped child has a reward, but no score.
 * @returns null where `evaluate` said that the run is interrupted
 * @throws RewardRefusedError for a test score among others, and what strategy and evaluator throw
 */
export async function searchInMemory(options: SearchInMemoryOptions): Promise<EndedSearch | null> {
  const { plan, architectures, label, seed, strategy, onTrial } = options;
  const seen = new Map<string, SharedEvaluation>();
  const trials = new TrialColumns();
  let spent = 0;
  let strategyMs = 0;
  let simulated = false;
  const curves = plan.stopping === undefined ? null : new KnownCurves(plan.stopping);

  while (trials.count < plan.trials) {
    const askedAt = performance.now();
    const args = scheduledArguments(plan.arguments, plan.schedule, trials.count);
    const sample = nextSample(strategy, { warmStart: plan.warmStart ?? [], drawn: trials.count, args });
    strategyMs += performance.now() - askedAt;
    const { tokens, architecture, key } = architectures.of(sample);
    const before = seen.get(key);
    const whole = before ?? (await options.evaluate(architecture, key, replicateSeed(seed, key)));
    if (whole === null) return null;
    seen.set(key, whole);
    const evaluation = curves === null ? whole : stoppedWhere(curves, trials.count + 1, whole);

    const { seconds, clock } = chargedSeconds(factsOf(evaluation.result), evaluation.seconds);
    if (plan.budgetSeconds !== null && spent + seconds > plan.budgetSeconds) break;
    spent += seconds;
    simulated ||= clock === 'simulated';
    const evaluated = evaluation.result.kind === 'evaluated' ? evaluation.result.evaluation : null;
    const { reward, score } = earned(evaluated, plan.reward);
    trials.add({
      tokens,
      architecture,
      key,
      reward,
      // Scores after different epochs do not compare.
      score: evaluated?.outcome.kind === 'stopped' ? null : (score?.value ?? null),
      seconds,
      repeat: before !== undefined,
    });

    const toldAt = performance.now();
    strategy.tell([{ number: trials.count, sample, reward }]);
    strategyMs += performance.now() - toldAt;
    onTrial?.(trials.count);
  }

  const { updates, entropy, kl, note } = strategy.summary();
  const opened = trials.openFinals(options.finals);
  return {
    run: {
      strategy: label,
      seed,
      trials: opened.columns,
      policy: { updates, entropy, kl, note: note ?? null },
      strategyMs,
    },
    clock: simulated ? 'simulated' : 'measured',
    finals: opened.splits,
  };
}

/** The evaluation as far as the stopping rule lets the child train. */
function stoppedWhere(curves: KnownCurves, trial: number, whole: SharedEvaluation): SharedEvaluation {
  if (whole.result.kind !== 'evaluated') return whole;
  const { evaluation } = whole.result;
  const stopped = curves.replay(trial, evaluation);
  if (stopped === null) return whole;
  return {
    result: { kind: 'evaluated', evaluation: stopAfter(evaluation, stopped) },
    seconds: whole.seconds * shareTrained(evaluation, stopped.epoch),
  };
}

function factsOf(result: EvaluationResult): Readonly<Record<string, number>> {
  return result.kind === 'evaluated' ? result.evaluation.facts : {};
}

interface CountedTrial {
  readonly tokens: string;
  readonly architecture: unknown;
  readonly key: string;
  readonly reward: number;
  readonly score: number | null;
  readonly seconds: number;
  readonly repeat: boolean;
}

/** The trials of a run that count. */
class TrialColumns {
  readonly #trials: CountedTrial[] = [];

  get count(): number {
    return this.#trials.length;
  }

  add(trial: CountedTrial): void {
    this.#trials.push(trial);
  }

  openFinals(finals: SearchInMemoryOptions['finals']): {
    readonly columns: SearchRun['trials'];
    readonly splits: FinalSplits | null;
  } {
    const opened = new Map<string, FinalScores>();
    if (finals !== undefined) {
      for (const { key, architecture } of this.#trials) {
        if (!opened.has(key)) opened.set(key, finals(architecture));
      }
    }
    const all = [...opened.values()];
    const splitOf = (kind: keyof FinalScores) =>
      all.flatMap((scores) => scores[kind] ?? []).map((score) => score.split)[0] ?? null;
    const final = (kind: keyof FinalScores) =>
      this.#trials.map(({ key }) => opened.get(key)?.[kind]?.value ?? null);
    return {
      columns: {
        tokens: this.#trials.map((trial) => trial.tokens),
        architecture: this.#trials.map((trial) => trial.key),
        reward: this.#trials.map((trial) => trial.reward),
        score: this.#trials.map((trial) => trial.score),
        seconds: this.#trials.map((trial) => trial.seconds),
        repeat: this.#trials.map((trial) => trial.repeat),
        finalValidation: final('validation'),
        finalTest: final('test'),
      },
      splits: opened.size === 0 ? null : { validation: splitOf('validation'), test: splitOf('test') },
    };
  }
}
