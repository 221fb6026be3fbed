import { createColors } from 'picocolors';
import type { CompareEvent } from '../experiment/compare/compare-event.ts';
import { type CompareStatus, comparisonLine, renderComparison } from './compare-view.ts';
import type { CliContext } from './context.ts';
import { LiveRegion } from './live-region.ts';

const REDRAW_MS = 200;
/** Away from a terminal a line at most so often: a table makes hundreds of runs a minute. */
const LINE_MS = 5_000;

/**
 * Shows a running comparison: redrawn in place on a terminal, a line now and then elsewhere. Writes to standard
 * error, so that `--json` on standard output stays one document.
 */
export class CompareProgress {
  readonly #context: CliContext;
  readonly #region: LiveRegion | null;
  #startedAt = performance.now();
  #linedAt = -LINE_MS;
  #timer: NodeJS.Timeout | null = null;
  readonly #done = new Map<string, number>();
  /** Trials of the runs under way; in training only. */
  readonly #running = new Map<string, { strategy: string; seed: number; trials: number }>();
  #begun: Extract<CompareEvent, { kind: 'comparison-started' }> | null = null;
  #finishedHere = 0;

  constructor(context: CliContext) {
    this.#context = context;
    this.#region = context.interactive ? new LiveRegion(process.stderr) : null;
  }

  /** Takes in one event of the comparison. */
  readonly see = (event: CompareEvent): void => {
    switch (event.kind) {
      case 'comparison-started': {
        this.#begun = event;
        this.#startedAt = performance.now(); // what was loaded before tells nothing of the time left
        for (const [label, done] of event.done) this.#done.set(label, done);
        const there = [...event.done.values()].reduce((sum, count) => sum + count, 0);
        const total = event.done.size * event.seeds;
        if (there > 0) this.say(`resuming: ${there} of ${total} runs are done`);
        if (this.#region === null) return;
        this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
        this.#timer.unref();
        return;
      }
      case 'run-started':
        if (this.#begun?.mode === 'training')
          this.#running.set(keyOf(event), { strategy: event.strategy, seed: event.seed, trials: 0 });
        return;
      case 'trial-finished': {
        const run = this.#running.get(keyOf(event));
        if (run !== undefined) run.trials = event.trials;
        this.#lineNowAndThen();
        return;
      }
      case 'run-finished':
        this.#running.delete(keyOf(event));
        this.#done.set(event.strategy, (this.#done.get(event.strategy) ?? 0) + 1);
        this.#finishedHere++;
        this.#lineNowAndThen();
        return;
      case 'reporting':
        this.say('writing the report');
        return;
    }
  };

  /** Removes the live view. */
  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#region?.clear();
  }

  /** Prints a line that stays: above the live view on a terminal. */
  say(line: string): void {
    if (this.#region === null) this.#context.err(line);
    else this.#region.above(line);
  }

  #lineNowAndThen(): void {
    const status = this.#status();
    if (this.#region !== null || status === null) return;
    const now = performance.now();
    const whole = [...this.#done.values()].every((count) => count === status.seeds);
    if (now - this.#linedAt < LINE_MS && !whole) return;
    this.#linedAt = now;
    this.#context.err(comparisonLine(status));
  }

  #draw(): void {
    const status = this.#status();
    if (status === null) return;
    const width = Math.max(40, (process.stderr.columns ?? 80) - 1);
    this.#region?.draw(renderComparison(status, width, createColors(this.#context.color)));
  }

  #status(): CompareStatus | null {
    const begun = this.#begun;
    if (begun === null) return null;
    const running = [...this.#running.values()];
    const elapsedMs = performance.now() - this.#startedAt;
    // Runs under way count by their share of trials: in training a single run takes long.
    const under = running.reduce((sum, run) => sum + run.trials / begun.trials, 0);
    const finished = this.#finishedHere + under;
    const there = [...this.#done.values()].reduce((sum, count) => sum + count, 0);
    const left = begun.done.size * begun.seeds - there - under;
    const remainingMs = finished === 0 ? null : (elapsedMs / finished) * left;
    return { done: this.#done, seeds: begun.seeds, running, trials: begun.trials, elapsedMs, remainingMs };
  }
}

function keyOf({ strategy, seed }: { readonly strategy: string; readonly seed: number }): string {
  return `${seed} ${strategy}`;
}
