import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Outcome } from '../evaluation/evaluation.ts';
import type { Pause } from './batch-walk.ts';

/** Ends a training whose wall-clock time is up; `outcome` is what becomes of it. */
export class TimeIsUp extends Error {
  readonly outcome: Outcome;

  constructor(limitMs: number) {
    super(`${limitMs} ms are over`);
    this.outcome = { kind: 'timed-out', limitMs };
  }
}

/** The wall clock of one training. */
export interface TrainingClock {
  /** Milliseconds since it was started. */
  elapsedMs(): number;
  /** For each step of the training. @throws signal.reason when the signal is aborted; TimeIsUp */
  readonly pause: Pause;
}

/** @param limitMs wall-clock limit; null for none */
export function startClock(signal: AbortSignal, limitMs: number | null): TrainingClock {
  const started = performance.now();
  const elapsedMs = (): number => performance.now() - started;
  const pause = async (): Promise<void> => {
    await eventLoop();
    signal.throwIfAborted();
    if (limitMs !== null && elapsedMs() >= limitMs) throw new TimeIsUp(limitMs);
  };
  return { elapsedMs, pause };
}
