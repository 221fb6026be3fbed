import { createColors } from 'picocolors';
import type { RetrainEvent } from '../experiment/retrain/retrain-event.ts';
import type { CliContext } from './context.ts';
import { LiveRegion } from './live-region.ts';
import { beginningLine, type FinalStatus, finalLine, renderFinal } from './retrain-view.ts';
import { SearchProgress } from './search-progress.ts';

const REDRAW_MS = 200;

/**
 * Shows a retraining: the grid as a search, then the epochs of the final training; redrawn in place on a terminal, a
 * line for each run and epoch elsewhere. Writes to standard error, so that `--json` stays one document.
 */
export class RetrainProgress {
  readonly #context: CliContext;
  readonly #region: LiveRegion | null;
  readonly #grid: SearchProgress;
  #gridShows = false;
  #timer: NodeJS.Timeout | null = null;
  #status: FinalStatus = { epochs: 1, last: null, saved: 0, elapsedMs: 0, remainingMs: null };
  #startedAt = performance.now();
  #doneBefore = 0;

  constructor(context: CliContext) {
    this.#context = context;
    this.#region = context.interactive ? new LiveRegion(process.stderr) : null;
    this.#grid = new SearchProgress(context);
  }

  /** Takes in one event. */
  readonly see = (event: RetrainEvent): void => {
    switch (event.kind) {
      case 'grid':
        if (event.event.kind === 'study-started' && !event.event.resumed)
          this.say(`grid search: ${event.event.total} runs`);
        this.#gridShows = true;
        this.#grid.see(event.event);
        return;
      case 'final-started':
        this.#begin(event);
        return;
      case 'final-epoch': {
        const { report, epochs, saved } = event;
        const elapsedMs = performance.now() - this.#startedAt;
        const perEpoch = elapsedMs / (report.epoch - this.#doneBefore);
        this.#status = {
          epochs,
          last: report,
          saved: saved ? report.epoch : this.#status.saved,
          elapsedMs,
          remainingMs: perEpoch * (epochs - report.epoch),
        };
        if (this.#region === null) this.#context.err(finalLine(report, epochs, saved));
        return;
      }
      case 'testing':
        this.#stopDrawing();
        if (event.cutOff > 0)
          this.say('the test set was opened before, but its result was not stored: testing the same weights');
        this.say('opening the test set');
        return;
      case 'reporting':
        this.say('writing the report');
        return;
    }
  };

  #begin({ facts, done }: Extract<RetrainEvent, { kind: 'final-started' }>): void {
    this.#grid.end();
    this.#gridShows = false;
    this.#startedAt = performance.now();
    this.#doneBefore = done;
    const { epochs } = facts.recipe;
    this.#status = { epochs, last: null, saved: done, elapsedMs: 0, remainingMs: null };
    this.say(beginningLine(facts, done));
    if (this.#region === null || done === epochs) return;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  /** Prints a line that stays: above the live view on a terminal. */
  say(line: string): void {
    if (this.#gridShows) this.#grid.say(line);
    else if (this.#region === null) this.#context.err(line);
    else this.#region.above(line);
  }

  /** Removes the live view. */
  end(): void {
    this.#grid.end();
    this.#stopDrawing();
  }

  #stopDrawing(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#region?.clear();
  }

  #draw(): void {
    const elapsedMs = performance.now() - this.#startedAt;
    const width = Math.max(40, (process.stderr.columns ?? 80) - 1);
    this.#region?.draw(renderFinal({ ...this.#status, elapsedMs }, width, createColors(this.#context.color)));
  }
}
