import type pc from 'picocolors';
import { duration } from './search-view.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** What the view of a running comparison shows. */
export interface CompareStatus {
  /** Label → runs done; in the order of the report. */
  readonly done: ReadonlyMap<string, number>;
  /** Runs of each strategy in all. */
  readonly seeds: number;
  /** Runs under way whose trials are told (children are trained), else none. */
  readonly running: readonly {
    readonly strategy: string;
    readonly seed: number;
    readonly trials: number;
  }[];
  /** Trials of a run, at most. */
  readonly trials: number;
  readonly elapsedMs: number;
  /** Null until something has finished. */
  readonly remainingMs: number | null;
}

const BAR = 30;

/** The lines of the live view, none longer than `width` (at least 40). */
export function renderComparison(status: CompareStatus, width: number, colors: Colors): string[] {
  const { done, seeds, running, trials } = status;
  const total = seeds * done.size;
  const finished = totalDone(done);
  const filled = total === 0 ? BAR : Math.round((BAR * finished) / total);
  const labelWidth = Math.max(...[...done.keys()].map((label) => label.length));
  return [
    `${colors.green('█'.repeat(filled))}${colors.dim('░'.repeat(BAR - filled))} ${finished}/${total} runs`,
    cut(timeText(status), width),
    ...[...done].map(([label, count]) => cut(`  ${label.padEnd(labelWidth)}  ${count}/${seeds}`, width)),
    ...running.map((run) =>
      colors.dim(cut(`  ${run.strategy}, seed ${run.seed}: trial ${run.trials}/${trials}`, width)),
    ),
  ];
}

/** The same as one line for a log: `[12/40 runs] paper 3/10, random 9/10, 5 s elapsed, about 7 s left`. */
export function comparisonLine(status: CompareStatus): string {
  const { done, seeds } = status;
  const counts = [...done].map(([label, count]) => `${label} ${count}/${seeds}`).join(', ');
  return `[${totalDone(done)}/${seeds * done.size} runs] ${counts}, ${timeText(status)}`;
}

function totalDone(done: ReadonlyMap<string, number>): number {
  return [...done.values()].reduce((sum, count) => sum + count, 0);
}

function timeText({ elapsedMs, remainingMs }: CompareStatus): string {
  const left = remainingMs === null ? '' : `, about ${duration(remainingMs)} left`;
  return `${duration(elapsedMs)} elapsed${left}`;
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
