import type pc from 'picocolors';
import type { Score } from '../evaluation/evaluation.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** A child in training, as the live view shows it. */
export interface RunningChild {
  readonly trial: number;
  /** Epochs done; 0 during the first. */
  readonly epoch: number;
  readonly score: Score | null;
  readonly elapsedMs: number;
}

export interface BestTrial {
  readonly trial: number;
  readonly score: Score | null;
  readonly reward: number;
}

/** What the live view of a search shows. */
export interface SearchStatus {
  readonly finished: number;
  readonly total: number;
  readonly failed: number;
  /** Children that the stopping rule ended early. */
  readonly stopped: number;
  readonly running: readonly RunningChild[];
  readonly lastReward: number | null;
  readonly baseline: number | null;
  readonly best: BestTrial | null;
  readonly elapsedMs: number;
  /** Null until a trial has finished. */
  readonly remainingMs: number | null;
}

/** Milliseconds as `1 h 02 min`, `3 min 05 s` or `7 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${seconds} s`;
}

/** A score as people read it: accuracies in percent, perplexities with about four digits. */
export function scoreText(score: Pick<Score, 'metric' | 'value'> | null): string {
  if (score === null) return '–';
  return score.metric === 'accuracy' ? `${(100 * score.value).toFixed(2)} %` : perplexityText(score.value);
}

/** `2.345`, `81.23`, `123.4`, `10000`: children that have just begun have large ones. */
function perplexityText(value: number): string {
  if (value >= 1e6) return value.toExponential(1);
  const whole = String(Math.floor(value)).length;
  return value.toFixed(Math.max(0, 4 - whole));
}

export function rewardText(reward: number | null): string {
  return reward === null ? '–' : reward.toFixed(4);
}

/** The lines of the live view, none longer than `width` (at least 40). */
export function renderSearch(status: SearchStatus, width: number, colors: Colors): string[] {
  const share = status.total === 0 ? 1 : Math.min(1, status.finished / status.total);
  const count = ` ${status.finished}/${status.total} trials`;
  const barWidth = Math.max(10, Math.min(40, width - count.length - 2));
  const filled = Math.round(share * barWidth);
  const time = `${duration(status.elapsedMs)} elapsed${
    status.remainingMs === null ? '' : `, about ${duration(status.remainingMs)} left`
  }`;
  const best =
    status.best === null ? 'none yet' : `${scoreText(status.best.score)} (trial ${status.best.trial})`;
  const facts = [
    `best ${best}`,
    `reward ${rewardText(status.lastReward)}`,
    `baseline ${rewardText(status.baseline)}`,
    ...(status.stopped > 0 ? [`${status.stopped} stopped early`] : []),
    ...(status.failed > 0 ? [`${status.failed} failed`] : []),
  ].join(' · ');
  return [
    `${colors.green('█'.repeat(filled))}${colors.dim('░'.repeat(barWidth - filled))}${count}`,
    cut(time, width),
    cut(facts, width),
    ...status.running.map((child) =>
      colors.dim(
        cut(
          `  trial ${child.trial}: ${
            child.epoch === 0 ? 'first epoch' : `epoch ${child.epoch}, ${scoreText(child.score)}`
          }, ${duration(child.elapsedMs)}`,
          width,
        ),
      ),
    ),
  ];
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
