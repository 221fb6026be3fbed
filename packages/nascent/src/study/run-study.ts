import { setMaxListeners } from 'node:events';
import type { EpochReport } from '../evaluation/evaluation.ts';
import { deriveSeed } from '../random.ts';
import type { Sample } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { decodeTokens, encodeSample } from '../search-space/tokens.ts';
import type { Store, StudyRecord } from '../store/store.ts';
import type { Strategy, StrategySummary } from '../strategy/strategy.ts';
import { advance, isTerminal } from '../trial/life-cycle.ts';
import type { NewTrial, TrialOutcome, TrialRecord } from '../trial/record.ts';
import type { StudyConfig } from './config.ts';
import { EvaluatorFailedError } from './errors.ts';
import type { EvaluatorPool, JobResult } from './evaluator-pool.ts';
import { scheduledArguments, scheduleOf } from './layer-schedule.ts';
import { openStudy } from './open-study.ts';
import { type EndedResult, resultOfEvaluation, resultOfFailure, resultOfTwin } from './result-of-trial.ts';
import { KnownCurves } from './stopping/known-curves.ts';
import type { StudyEvent } from './study-event.ts';
import { type RunningProcess, thisProcess } from './this-process.ts';
import { chargedSeconds } from './trial-cost.ts';
import { trialIdentity } from './trial-identity.ts';
import { nextSample, refuseUnableStrategy, warmStartSamples } from './warm-start.ts';

export interface RunStudyOptions {
  /** Open for writing; stays open. */
  readonly store: Store;
  /** The study's name; absent: the only one of the store. */
  readonly name?: string | undefined;
  readonly config: StudyConfig;
  readonly space: SearchSpace;
  /** Fresh, made with the config's seed; its stored state is restored here. Stays the caller's to dispose. */
  readonly strategy: Strategy;
  /** Stays the caller's to close. */
  readonly pool: EvaluatorPool;
  /** `evaluatorIdentity(…)` of the config's evaluator. */
  readonly evaluatorIdentity: string;
  /** Of the data that children are trained on; null or absent where it is not known. */
  readonly datasetChecksum?: string | null;
  /** Version of Nascent, kept with the study. */
  readonly codeVersion: string;
  /** Aborted to interrupt: children in training are handed back, everything is saved. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: StudyEvent) => void;
  readonly process?: RunningProcess;
  readonly takeOver?: boolean;
}

/** How a run of a study ended. */
export interface StudySummary {
  readonly study: StudyRecord;
  /** True where it was interrupted before all trials were done: the same command resumes it. */
  readonly interrupted: boolean;
  /** All trials of the study, in order of number. */
  readonly trials: readonly TrialRecord[];
  /** The completed trial with the highest reward; null where none completed. */
  readonly best: TrialRecord | null;
  readonly strategy: StrategySummary;
  /** Wall-clock milliseconds of this run. */
  readonly elapsedMs: number;
}

/**
 * Runs a study to its number of trials or to the end of its budget, or resumes it (Zoph & Le 2017, §3.1): the
 * strategy draws architectures, the pool trains them, their rewards go back to the strategy.
 *
 * With one slot the study is synchronous and resume is exact: tokens, rewards, curves and the strategy's state of
 * a study killed anywhere and resumed equal, bit for bit, those of one never killed. With several, results are
 * told in the order in which they finish.
 * @throws WarmStartError, ConfigChangedError, StudyRunningError, EvaluatorFailedError, and the errors of store, strategy and
 *   pool
 */
export async function runStudy(options: RunStudyOptions): Promise<StudySummary> {
  const { process = thisProcess(), takeOver = false } = options;
  const startedAt = performance.now();
  const warmStart = warmStartSamples(options.config.warmStart, options.space); // throws before anything is stored
  refuseUnableStrategy(options.strategy, options.config.warmStart);
  const opened = await openStudy({ ...options, process, takeOver });
  const run = new StudyRun({ ...options, process }, opened.study, warmStart);
  try {
    await run.begin(opened.resumed, opened.requeued);
    await run.loop();
    return await run.summary(performance.now() - startedAt);
  } finally {
    await run.end();
  }
}

interface Ended {
  readonly trial: TrialRecord;
  readonly result: JobResult | { readonly kind: 'reused'; readonly twin: TrialRecord };
}

/** One run of a study in this process. */
class StudyRun {
  readonly #options: RunStudyOptions & { readonly process: RunningProcess };
  readonly #study: StudyRecord;
  readonly #emit: (event: StudyEvent) => void;
  /** Aborted by the caller's signal, and by an error that ends the run. */
  readonly #stop = new AbortController();
  readonly #running = new Map<number, Promise<Ended>>();
  /** Null where no child is stopped early. */
  readonly #curves: KnownCurves | null;
  readonly #warmStart: readonly Sample[];
  #queue: TrialRecord[] = [];
  #drawn = 0;
  /** Seconds that the trials so far were charged. */
  #spent = 0;
  #revision = 0;
  #interrupted = false;
  /** True once any child of the study was evaluated, so that the evaluator is known to work at all. */
  #evaluatorWorks = false;
  readonly #handedBack: number[] = [];

  constructor(
    options: RunStudyOptions & { readonly process: RunningProcess },
    study: StudyRecord,
    warmStart: readonly Sample[],
  ) {
    this.#options = options;
    this.#study = study;
    const { stopping } = options.config;
    this.#warmStart = warmStart;
    this.#curves = stopping === undefined ? null : new KnownCurves(stopping);
    this.#emit = options.onEvent ?? (() => {});
    setMaxListeners(0, this.#stop.signal); // one for each slot of the pool, however many
  }

  get #owner() {
    return this.#options.process.identity;
  }

  async begin(resumed: boolean, requeued: readonly number[]): Promise<void> {
    const { store, strategy, config, signal } = this.#options;
    const state = await store.strategyState(this.#study.id);
    if (state !== null) {
      strategy.restore(state.bytes);
      this.#revision = state.revision;
    }
    const trials = await store.trials(this.#study.id);
    this.#drawn = trials.length;
    this.#spent = trials.reduce((sum, trial) => sum + costOf(trial), 0);
    this.#queue = trials.filter((trial) => trial.state === 'queued');
    this.#evaluatorWorks = trials.some((trial) => isTerminal(trial.state) && trial.outcome?.kind !== 'error');
    await this.#learnCurves(trials);
    const finished = trials.filter((trial) => isTerminal(trial.state)).length;
    this.#emit({
      kind: 'study-started',
      study: this.#study,
      resumed,
      finished,
      total: config.trials,
      requeued,
      best: bestOf(trials),
    });
    if (signal?.aborted) this.#interrupt();
    signal?.addEventListener('abort', this.#interrupt, { once: true });
  }

  async #learnCurves(trials: readonly TrialRecord[]): Promise<void> {
    if (this.#curves === null) return;
    for (const { number, outcome, reusedFrom } of trials) {
      if (outcome === null || reusedFrom !== null) continue;
      this.#curves.ended(number, await this.#options.store.curve(this.#study.id, number), outcome);
    }
  }

  readonly #interrupt = (): void => {
    this.#interrupted = true;
    this.#stop.abort();
  };

  #stopped(): Promise<void> {
    return new Promise((resolve) => {
      this.#stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async loop(): Promise<void> {
    const { pool, store } = this.#options;
    if (!this.#interrupted) await Promise.race([pool.ready(), this.#stopped()]);
    for (;;) {
      while (!this.#interrupted && this.#running.size < pool.slots) {
        const trial = await this.#next();
        if (trial === null) break;
        const ending = this.#train(trial);
        ending.catch(() => {}); // if it rejects before the race below looks, it is not unhandled
        this.#running.set(trial.number, ending);
      }
      if (this.#running.size === 0) break;
      const ended = await Promise.race(this.#running.values());
      this.#running.delete(ended.trial.number);
      await this.#settle(ended);
    }
    this.#interrupted &&= this.#queue.length > 0 || this.#handedBack.length > 0 || this.#mayDraw;
    if (this.#interrupted) {
      await store.log(this.#study.id, 'interrupted', { handedBack: this.#handedBack });
      this.#emit({ kind: 'interrupted', handedBack: this.#handedBack });
    }
  }

  /** Ends what still runs (after an error) and gives the study up. */
  async end(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#interrupt);
    this.#stop.abort();
    await Promise.allSettled(this.#running.values());
    const { store } = this.#options;
    try {
      await store.requeueRunning(this.#study.id, this.#owner);
      await store.release(this.#study.id, this.#owner);
    } catch {
      // The store is lost (or another process has the study): the next run takes back what was left running.
    }
  }

  async summary(elapsedMs: number): Promise<StudySummary> {
    const { store, strategy } = this.#options;
    const trials = await store.trials(this.#study.id);
    const best = bestOf(trials);
    const strategySummary = strategy.summary();
    return {
      study: this.#study,
      interrupted: this.#interrupted,
      trials,
      best,
      strategy: strategySummary,
      elapsedMs,
    };
  }

  /**
   * Whether another trial may be drawn. Several may be in training at once, so that the last ones can end beyond
   * the budget; they count all the same.
   */
  get #mayDraw(): boolean {
    const { trials, budget } = this.#options.config;
    return this.#drawn < trials && (budget === undefined || this.#spent < budget.seconds);
  }

  /** The next trial to train, started: a queued one first, in order of number, else a new sample. */
  async #next(): Promise<TrialRecord | null> {
    const { store } = this.#options;
    const queued = this.#queue.shift() ?? (this.#mayDraw ? await this.#ask() : null);
    if (queued === null) return null;
    const step = await store.startTrial(this.#study.id, this.#owner, queued.number);
    if (!step.accepted) return this.#next(); // cancelled by somebody meanwhile
    this.#emit({ kind: 'trial-started', trial: step.next });
    return step.next;
  }

  async #ask(): Promise<TrialRecord> {
    const { store, strategy, space, config, evaluatorIdentity } = this.#options;
    const number = this.#drawn + 1;
    const args = scheduledArguments(config.space.arguments, scheduleOf(config.space, space), this.#drawn);
    const sample = nextSample(strategy, { warmStart: this.#warmStart, drawn: this.#drawn, args });
    const architecture = space.decode(sample);
    const drawn: NewTrial = {
      number,
      tokens: encodeSample(sample, space),
      architecture,
      architectureKey: trialIdentity(architecture, evaluatorIdentity),
      seed: deriveSeed(this.#study.seed, 'trial', number),
    };
    const state = { bytes: strategy.state(), from: this.#revision };
    const { trials, revision } = await store.ask(this.#study.id, this.#owner, [drawn], state);
    this.#revision = revision;
    this.#drawn = number;
    const [trial] = trials;
    if (trial === undefined) throw new Error(`trial ${number} was stored but did not come back`);
    return trial;
  }

  async #train(trial: TrialRecord): Promise<Ended> {
    const { store, pool, config } = this.#options;
    const { number, attempt, architecture, seed } = trial;
    if (config.duplicates === 'reuse') {
      const twin = await store.completedTwin(this.#study.id, trial.architectureKey);
      if (twin !== null) return { trial, result: { kind: 'reused', twin } };
    }
    let written: Promise<unknown> = Promise.resolve();
    const report = (epoch: EpochReport): void => {
      written = written.then(async () => {
        if (!(await store.appendEpoch(this.#study.id, number, attempt, epoch))) return;
        this.#emit({ kind: 'epoch', trial: number, attempt, report: epoch });
      });
      written.catch(() => {}); // it is awaited below, once the child is done
    };
    const job = { trial: number, attempt, architecture, seed };
    const curves = this.#curves;
    const judge =
      curves === null ? undefined : (curve: readonly EpochReport[]) => curves.judge(number, curve);
    const result = await pool.evaluate(job, { report, judge, signal: this.#stop.signal });
    await written;
    return { trial, result };
  }

  async #settle({ trial, result }: Ended): Promise<void> {
    switch (result.kind) {
      case 'cancelled':
        return this.#handBack(trial);
      case 'reused':
        return this.#tell(trial, resultOfTwin(result.twin));
      case 'evaluated':
        return this.#tell(trial, resultOfEvaluation(result, this.#options.config.reward));
      case 'crashed':
      case 'error':
        return this.#childFailed(trial, result);
    }
  }

  /** It was interrupted, not at fault. */
  async #handBack(trial: TrialRecord): Promise<void> {
    const { store } = this.#options;
    const { number, attempt } = trial;
    this.#interrupted = true; // also where the pool was closed under the study
    this.#curves?.forget(number);
    const step = await store.requeue(this.#study.id, this.#owner, number, { kind: 'hand-back', attempt });
    if (step.accepted) this.#handedBack.push(number);
  }

  async #childFailed(
    trial: TrialRecord,
    outcome: Extract<TrialOutcome, { kind: 'crashed' | 'error' }>,
  ): Promise<void> {
    const { store, config } = this.#options;
    const { number, attempt } = trial;
    const why = { kind: 'child-failed', attempt, attemptLimit: config.limits.attempts } as const;
    const detail = outcome.kind === 'crashed' ? outcome.detail : outcome.message;
    const step = advance(trial, why);
    if (step.accepted && step.next.state === 'queued') {
      this.#curves?.forget(number);
      const requeued = await store.requeue(this.#study.id, this.#owner, number, why);
      if (!requeued.accepted) return;
      this.#queue.unshift(requeued.next);
      this.#queue.sort((a, b) => a.number - b.number);
      this.#emit({ kind: 'trial-retried', trial: requeued.next, detail });
      return;
    }
    if (outcome.kind === 'error' && !this.#evaluatorWorks) throw new EvaluatorFailedError(number, detail);
    const curve = await store.curve(this.#study.id, number);
    await this.#tell(trial, resultOfFailure(outcome, curve, config.reward));
  }

  async #tell(trial: TrialRecord, result: EndedResult): Promise<void> {
    const { store, strategy, space, config } = this.#options;
    const { number, attempt, tokens } = trial;
    // A cancelled trial is not told: the strategy must not learn what the store will refuse.
    const current = await store.trial(this.#study.id, number);
    if (current.state !== 'running' || current.attempt !== attempt) {
      this.#curves?.forget(number);
      return;
    }
    strategy.tell([{ number, sample: decodeTokens(tokens, space), reward: result.reward }]);
    const told = await store.tell(
      this.#study.id,
      this.#owner,
      { number, attempt, attemptLimit: config.limits.attempts, ...result },
      { bytes: strategy.state(), from: this.#revision },
    );
    if (!told.accepted) {
      throw new Error(
        `trial ${number} was cancelled at the moment of its result; run the same command again`,
      );
    }
    this.#revision = told.next.revision;
    this.#spent += costOf(told.next.trial);
    if (result.reusedFrom === null) this.#curves?.ended(number, result.curve, result.outcome);
    this.#evaluatorWorks ||= result.outcome.kind !== 'error';
    this.#emit({ kind: 'trial-finished', trial: told.next.trial });
    this.#emit({ kind: 'strategy-updated', summary: () => strategy.summary() });
  }
}

/** Seconds that a trial is charged. */
function costOf({ facts, seconds }: TrialRecord): number {
  return chargedSeconds(facts, seconds ?? 0).seconds;
}

/** The completed trial with the highest reward, the earliest of equals. */
function bestOf(trials: readonly TrialRecord[]): TrialRecord | null {
  return trials
    .filter((trial) => trial.state === 'completed')
    .reduce<TrialRecord | null>(
      (best, trial) => (best === null || (trial.reward ?? 0) > (best.reward ?? 0) ? trial : best),
      null,
    );
}
