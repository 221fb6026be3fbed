import { createColors } from 'picocolors';
import type { StrategySummary } from '../strategy/strategy.ts';
import type { StudyEvent } from '../study/study-event.ts';
import type { TrialRecord } from '../trial/record.ts';
import type { CliContext } from './context.ts';
import { LiveRegion } from './live-region.ts';
import {
  type BestTrial,
  duration,
  type RunningChild,
  renderSearch,
  rewardText,
  scoreText,
} from './search-view.ts';

/** Redraws per second at most: a table look-up study finishes thousands of trials a second. */
const REDRAW_MS = 100;
/** A summary samples the policy anew, on cores that children train on: not after every trial. */
const SUMMARY_MS = 5_000;

/**
 * Shows a running search: redrawn in place on a terminal, a line for each finished trial elsewhere.
 * Writes to standard error, so that `--json` on standard output stays one document.
 */
export class SearchProgress {
  readonly #context: CliContext;
  readonly #region: LiveRegion | null;
  readonly #running = new Map<number, { child: RunningChild; startedAt: number }>();
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | null = null;
  #total = 0;
  #finished = 0;
  #finishedHere = 0;
  #failed = 0;
  #stopped = 0;
  #lastReward: number | null = null;
  #strategy: StrategySummary | null = null;
  /** The newest summary that was not worked out yet. */
  #summarise: (() => StrategySummary) | null = null;
  #summarisedAt = -SUMMARY_MS;
  #best: BestTrial | null = null;

  constructor(context: CliContext) {
    this.#context = context;
    this.#region = context.interactive ? new LiveRegion(process.stderr) : null;
  }

  /** Takes in one event of the study. */
  readonly see = (event: StudyEvent): void => {
    switch (event.kind) {
      case 'study-started':
        this.#total = event.total;
        this.#finished = event.finished;
        if (event.best !== null) this.#considerBest(event.best);
        if (event.resumed) this.say(resumedLine(event.finished, event.total, event.requeued));
        if (this.#region !== null) {
          this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
          this.#timer.unref();
        }
        break;
      case 'trial-started':
        this.#running.set(event.trial.number, {
          child: { trial: event.trial.number, epoch: 0, score: null, elapsedMs: 0 },
          startedAt: performance.now(),
        });
        break;
      case 'epoch': {
        const running = this.#running.get(event.trial);
        if (running !== undefined) {
          const { epoch, score } = event.report;
          running.child = { ...running.child, epoch, score };
        }
        break;
      }
      case 'trial-retried':
        this.#running.delete(event.trial.number);
        this.say(`trial ${event.trial.number}: the attempt failed, trying again (${event.detail})`);
        break;
      case 'trial-finished':
        this.#finish(event.trial);
        break;
      case 'strategy-updated':
        this.#summarise = event.summary;
        break;
      case 'interrupted':
        this.#running.clear();
        break;
    }
  };

  /** Removes the live view. */
  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#region?.clear();
  }

  #finish(trial: TrialRecord): void {
    this.#running.delete(trial.number);
    this.#finished++;
    this.#finishedHere++;
    this.#lastReward = trial.reward;
    if (trial.state === 'failed' || trial.state === 'diverged') this.#failed++;
    if (trial.state === 'stopped') this.#stopped++;
    this.#considerBest(trial);
    if (this.#region === null) this.#context.err(finishedLine(trial, this.#finished, this.#total));
  }

  #considerBest({ state, number, reward, score }: TrialRecord): void {
    if (state !== 'completed' || reward === null) return;
    if (this.#best !== null && reward <= this.#best.reward) return;
    this.#best = { trial: number, score, reward };
  }

  /** Prints a line that stays: above the live view on a terminal. */
  say(line: string): void {
    if (this.#region === null) this.#context.err(line);
    else this.#region.above(line);
  }

  #draw(): void {
    const now = performance.now();
    const elapsedMs = now - this.#startedAt;
    const left = this.#total - this.#finished;
    if (this.#summarise !== null && now - this.#summarisedAt >= SUMMARY_MS) {
      this.#summarisedAt = now;
      this.#strategy = this.#summarise();
      this.#summarise = null;
    }
    const lines = renderSearch(
      {
        finished: this.#finished,
        total: this.#total,
        failed: this.#failed,
        stopped: this.#stopped,
        running: [...this.#running.values()].map(({ child, startedAt }) => ({
          ...child,
          elapsedMs: now - startedAt,
        })),
        lastReward: this.#lastReward,
        baseline: this.#strategy?.baseline ?? null,
        best: this.#best,
        elapsedMs,
        remainingMs: this.#finishedHere === 0 ? null : (elapsedMs / this.#finishedHere) * left,
      },
      Math.max(40, (process.stderr.columns ?? 80) - 1),
      createColors(this.#context.color),
    );
    this.#region?.draw(lines);
  }
}

function resumedLine(finished: number, total: number, requeued: readonly number[]): string {
  const again = requeued.length === 0 ? '' : `; trial ${requeued.join(', ')} was cut off and runs again`;
  return `resuming: ${finished} of ${total} trials are done${again}`;
}

/** One line for a log. */
function finishedLine(trial: TrialRecord, finished: number, total: number): string {
  const after = trial.outcome?.kind === 'stopped' ? ` after epoch ${trial.outcome.epoch}` : '';
  const outcome = trial.state === 'completed' ? '' : ` ${trial.outcome?.kind ?? trial.state}${after}`;
  const reused = trial.reusedFrom === null ? '' : ` (same as trial ${trial.reusedFrom})`;
  return [
    `[${finished}/${total}] trial ${trial.number}${outcome}${reused}`,
    scoreText(trial.score),
    `reward ${rewardText(trial.reward)}`,
    ...(trial.parameters === null ? [] : [`${trial.parameters.toLocaleString('en')} parameters`]),
    ...(trial.seconds === null ? [] : [duration(1000 * trial.seconds)]),
  ].join(', ');
}
