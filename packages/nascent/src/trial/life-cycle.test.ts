import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, born, isTerminal, type LifeCycle, type Transition } from './life-cycle.ts';

const attempt = fc.integer({ min: 0, max: 6 });
const anyTransition: fc.Arbitrary<Transition> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'start' as const }) },
  fc.record({
    kind: fc.constant('finish' as const),
    attempt,
    as: fc.constantFrom('completed' as const, 'stopped' as const, 'diverged' as const, 'failed' as const),
  }),
  fc.record({
    kind: fc.constant('child-failed' as const),
    attempt,
    attemptLimit: fc.integer({ min: 1, max: 4 }),
  }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hand-back' as const), attempt }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'cancel' as const }) },
);

function must(trial: LifeCycle, ...transitions: readonly Transition[]): LifeCycle {
  return transitions.reduce((now, transition) => {
    const step = advance(now, transition);
    if (!step.accepted) throw new Error(`refused: ${step.refusal.kind}`);
    return step.next;
  }, trial);
}

describe('life of a trial', () => {
  it('queued, running, completed', () => {
    const trained = must(born, { kind: 'start' }, { kind: 'finish', attempt: 1, as: 'completed' });
    expect(trained).toEqual({ state: 'completed', attempt: 1, childFailures: 0 });
  });

  it('the result of an attempt that is no longer current is refused', () => {
    const second = must(born, { kind: 'start' }, { kind: 'hand-back', attempt: 1 }, { kind: 'start' });
    expect(advance(second, { kind: 'finish', attempt: 1, as: 'completed' })).toEqual({
      accepted: false,
      refusal: { kind: 'stale-attempt', current: 2 },
    });
    expect(must(second, { kind: 'finish', attempt: 2, as: 'completed' }).state).toBe('completed');
  });

  it('the result of an attempt that was handed back is refused, though no other has started', () => {
    const handedBack = must(born, { kind: 'start' }, { kind: 'hand-back', attempt: 1 });
    const late = advance(handedBack, { kind: 'finish', attempt: 1, as: 'completed' });
    expect(late).toEqual({ accepted: false, refusal: { kind: 'not-running' } });
  });

  it("a supervisor's death does not count towards the attempt limit, however often", () => {
    let trial = born;
    for (let n = 1; n <= 20; n++) trial = must(trial, { kind: 'start' }, { kind: 'hand-back', attempt: n });
    expect(trial).toEqual({ state: 'queued', attempt: 20, childFailures: 0 });
  });

  it("the child's own failures do, and at the limit the trial has failed", () => {
    const once = must(born, { kind: 'start' }, { kind: 'child-failed', attempt: 1, attemptLimit: 2 });
    expect(once.state).toBe('queued');
    const twice = must(once, { kind: 'start' }, { kind: 'child-failed', attempt: 2, attemptLimit: 2 });
    expect(twice).toEqual({ state: 'failed', attempt: 2, childFailures: 2 });
  });

  it('whatever happens in whatever order, the promises hold', () => {
    fc.assert(
      fc.property(fc.array(anyTransition, { maxLength: 40 }), (transitions) => {
        let trial = born;
        for (const transition of transitions) {
          const step = advance(trial, transition);
          if (!step.accepted) continue;
          const { next } = step;
          expect(isTerminal(trial.state), 'a terminal state never changes').toBe(false);
          if ('attempt' in transition) {
            expect(transition.attempt, 'only the current attempt is heard').toBe(trial.attempt);
            expect(trial.state).toBe('running');
          }
          const started = transition.kind === 'start' ? 1 : 0;
          const failed = transition.kind === 'child-failed' ? 1 : 0;
          expect(next.attempt).toBe(trial.attempt + started);
          expect(next.childFailures).toBe(trial.childFailures + failed);
          expect(next.childFailures).toBeLessThanOrEqual(next.attempt);
          if (next.state === 'running') expect(transition.kind).toBe('start');
          trial = next;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
