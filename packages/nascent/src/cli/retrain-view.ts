import type pc from 'picocolors';
import type { EpochReport } from '../evaluation/evaluation.ts';
import { duration, scoreText } from './search-view.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** What the live view of a final training shows. */
export interface FinalStatus {
  readonly epochs: number;
  /** The last epoch that is done; null before the first. */
  readonly last: EpochReport | null;
  /** The epoch of the last checkpoint; 0 before the first. */
  readonly saved: number;
  readonly elapsedMs: number;
  /** Null until an epoch has ended. */
  readonly remainingMs: number | null;
}

const BAR = 40;

/** The lines of the live view, none longer than `width` (at least 40). */
export function renderFinal(status: FinalStatus, width: number, colors: Colors): string[] {
  const { epochs, last, saved, elapsedMs, remainingMs } = status;
  const count = ` epoch ${last?.epoch ?? 0}/${epochs}`;
  const bar = Math.max(10, Math.min(BAR, width - count.length - 2));
  const filled = Math.round((bar * (last?.epoch ?? 0)) / epochs);
  const left = remainingMs === null ? '' : `, about ${duration(remainingMs)} left`;
  return [
    `${colors.green('█'.repeat(filled))}${colors.dim('░'.repeat(bar - filled))}${count}`,
    cut(`${duration(elapsedMs)} elapsed${left}`, width),
    ...(last === null ? [] : [cut(scores(last), width)]),
    ...(saved === 0 ? [] : [colors.dim(cut(`checkpoint after epoch ${saved}`, width))]),
  ];
}

/** The same as one line for a log: `[epoch 3/200] loss 1.234, validation accuracy 54.10 %, 12 s, saved`. */
export function finalLine(report: EpochReport, epochs: number, saved: boolean): string {
  const time = duration(report.elapsedMs);
  return `[epoch ${report.epoch}/${epochs}] ${scores(report)}, ${time}${saved ? ', saved' : ''}`;
}

function scores({ trainingLoss, score }: EpochReport): string {
  return `loss ${trainingLoss.toFixed(4)}, validation ${score.metric} ${scoreText(score)}`;
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
