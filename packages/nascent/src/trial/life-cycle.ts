/**
 * The life of a trial. This module alone changes a trial's state, by pure functions; the store applies them
 * inside its transactions.
 *
 * ```text
 * queued ──start──▶ running (attempt n) ──finish──▶ completed | stopped | diverged | failed
 *   ▲                  │  │
 *   ├──hand-back───────┘  │   its supervisor died or was interrupted: not the child's fault
 *   └──child-failed───────┘   the child died or threw: counted; at the attempt limit ──▶ failed
 * queued | running ──cancel──▶ cancelled
 * ```
 *
 * - `queued`: drawn by the strategy and stored; nobody works on it.
 * - `running`: a supervisor trains it as attempt n. Attempts count from 1, each start adds one.
 * - `completed`: trained to the end, has a score.
 * - `stopped`: ended early by the study's stopping rule; its reward comes from the curve so far, and nothing takes
 *   that for the score of a whole training: it is never the best trial and its result is never reused.
 * - `diverged`: its loss or weights stopped being finite; an answer of the child, never tried again.
 * - `failed`: too large, out of memory, out of time, or died or threw as often as the attempt limit allows.
 * - `cancelled`: taken back by a person; it is not told to the strategy.
 *
 * Two promises: a terminal state never changes, and a result of an attempt that is no longer the current one is
 * refused (fencing), so that a supervisor which was thought dead cannot overwrite its successor.
 */

/** The terminal states that an evaluation leads to. */
export type FinishedState = 'completed' | 'stopped' | 'diverged' | 'failed';
export type TerminalState = FinishedState | 'cancelled';
export type TrialState = 'queued' | 'running' | TerminalState;

export const trialStates: readonly TrialState[] = [
  'queued',
  'running',
  'completed',
  'stopped',
  'diverged',
  'failed',
  'cancelled',
];

/** The part of a trial that this module owns. */
export interface LifeCycle {
  readonly state: TrialState;
  /** How often the trial was started; while it runs, the number of the current attempt. */
  readonly attempt: number;
  /** How many attempts ended by the child's own failure. */
  readonly childFailures: number;
}

/** A trial just drawn. */
export const born: LifeCycle = { state: 'queued', attempt: 0, childFailures: 0 };

/** What may happen to a trial. `attempt` is the attempt that the sender believes to be running. */
export type Transition =
  | { readonly kind: 'start' }
  | { readonly kind: 'finish'; readonly attempt: number; readonly as: FinishedState }
  /** @property attemptLimit the child's failures after which the trial has failed, at least 1 */
  | { readonly kind: 'child-failed'; readonly attempt: number; readonly attemptLimit: number }
  | { readonly kind: 'hand-back'; readonly attempt: number }
  | { readonly kind: 'cancel' };

/** Why a transition did not happen. An expected answer, not an error: the sender was late. */
export type Refusal =
  | { readonly kind: 'terminal'; readonly state: TerminalState }
  | { readonly kind: 'stale-attempt'; readonly current: number }
  | { readonly kind: 'not-running' }
  | { readonly kind: 'already-running' };

export type Step<T> =
  | { readonly accepted: true; readonly next: T }
  | { readonly accepted: false; readonly refusal: Refusal };

export function isTerminal(state: TrialState): state is TerminalState {
  return state !== 'queued' && state !== 'running';
}

const refuse = (refusal: Refusal): Step<never> => ({ accepted: false, refusal });
const accept = (next: LifeCycle): Step<LifeCycle> => ({ accepted: true, next });

/** One step of a trial's life. */
export function advance(trial: LifeCycle, transition: Transition): Step<LifeCycle> {
  const { state, attempt, childFailures } = trial;
  if (isTerminal(state)) return refuse({ kind: 'terminal', state });
  if (transition.kind === 'cancel') return accept({ state: 'cancelled', attempt, childFailures });
  if (transition.kind === 'start') {
    if (state === 'running') return refuse({ kind: 'already-running' });
    return accept({ state: 'running', attempt: attempt + 1, childFailures });
  }
  // A queued trial has a last attempt too: its result comes too late all the same.
  if (transition.attempt !== attempt) return refuse({ kind: 'stale-attempt', current: attempt });
  if (state === 'queued') return refuse({ kind: 'not-running' });
  switch (transition.kind) {
    case 'finish':
      return accept({ state: transition.as, attempt, childFailures });
    case 'hand-back':
      return accept({ state: 'queued', attempt, childFailures });
    case 'child-failed': {
      const failures = childFailures + 1;
      const spent = failures >= transition.attemptLimit;
      return accept({ state: spent ? 'failed' : 'queued', attempt, childFailures: failures });
    }
  }
}
