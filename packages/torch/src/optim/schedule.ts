import { TorchError } from '../errors.ts';

/**
 * A learning-rate schedule: what to multiply the initial learning rate by, as a pure function of progress.
 *
 * `progress` is the fraction of training done, 0 at the first step and 1 after the last:
 * `optimiser.learningRate = initial * schedule(step / steps)`. Progress by epochs
 * (`schedule(epoch / epochs)`) gives a schedule that moves once per epoch.
 */
export type Schedule = (progress: number) => number;

/** Always 1. */
export function constantSchedule(): Schedule {
  return () => 1;
}

/**
 * Multiplies by `factor` at each of the given fractions of training: `stepSchedule({ at: [0.5, 0.75],
 * factor: 0.1 })` gives 1, then 0.1 from the middle, then 0.01 from three quarters.
 * @throws TorchError if a fraction lies outside [0, 1] or the factor is not finite
 */
export function stepSchedule(options: { readonly at: readonly number[]; readonly factor: number }): Schedule {
  const at = [...options.at];
  for (const fraction of at) requireFraction('stepSchedule', 'at', fraction);
  if (!Number.isFinite(options.factor)) {
    throw invalid(`stepSchedule: factor is ${options.factor}; give a finite number, for example 0.1.`);
  }
  return (progress) => options.factor ** at.filter((fraction) => progress >= fraction).length;
}

/**
 * Falls from 1 to `final` (default 0) along half a cosine (Loshchilov & Hutter 2017, without restarts).
 * Progress beyond 1 stays at `final`.
 */
export function cosineSchedule(options: { readonly final?: number } = {}): Schedule {
  const final = options.final ?? 0;
  return (progress) => {
    const done = Math.min(Math.max(progress, 0), 1);
    return final + (1 - final) * 0.5 * (1 + Math.cos(Math.PI * done));
  };
}

/**
 * Rises linearly from `from` (default 0) to 1 over the first `over` of training, multiplied by the schedule
 * that follows: `warmup({ over: 0.05 }, cosineSchedule())`.
 * @throws TorchError if `over` lies outside [0, 1]
 */
export function warmup(options: { readonly over: number; readonly from?: number }, then: Schedule): Schedule {
  const { over, from = 0 } = options;
  requireFraction('warmup', 'over', over);
  return (progress) => {
    const risen = over === 0 ? 1 : Math.min(Math.max(progress / over, 0), 1);
    return (from + (1 - from) * risen) * then(progress);
  };
}

function requireFraction(schedule: string, option: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw invalid(`${schedule}: ${option} is ${value}; give a fraction of training between 0 and 1.`);
}

function invalid(message: string): TorchError {
  return new TorchError('BAD_ARGUMENT', message);
}
