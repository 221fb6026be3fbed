import type { Stopped } from '../../evaluation/evaluation.ts';
import type { Store, StudyRecord } from '../../store/store.ts';
import { isTerminal } from '../../trial/life-cycle.ts';
import type { StudyConfig } from '../config.ts';
import { KnownCurves } from '../stopping/known-curves.ts';
import type { LearningCurve } from '../stopping/learning-curve.ts';

const page = 1000;

/**
 * The learning curves that a worker of a shared study goes by when it stops children early: those of all trials that had
 * ended when a child of its began, and of its own children in training. Each curve is read once.
 */
export class SharedCurves {
  readonly #store: Store;
  readonly #study: StudyRecord;
  readonly #curves: KnownCurves;
  readonly #read = new Set<number>();
  /** All trials up to this one had ended when they were last looked at. */
  #ended = 0;

  constructor(store: Store, study: StudyRecord, rule: NonNullable<StudyConfig['stopping']>) {
    this.#store = store;
    this.#study = study;
    this.#curves = new KnownCurves(rule);
  }

  /** Reads the curves of the trials that have ended since. */
  async refresh(): Promise<void> {
    let allEnded = true;
    for (let after = this.#ended; ; ) {
      const lines = await this.#store.trialLines(this.#study.id, { after, atMost: page });
      for (const { number, state, reusedFrom } of lines) {
        allEnded &&= isTerminal(state);
        if (allEnded) this.#ended = number;
        const trained = isTerminal(state) && state !== 'cancelled' && reusedFrom === null;
        if (!trained || this.#read.has(number)) continue;
        const curve = await this.#store.curve(this.#study.id, number);
        this.#curves.ended(number, curve, { kind: state });
        this.#read.add(number);
      }
      const last = lines.at(-1);
      if (last === undefined || lines.length < page) return;
      after = last.number;
    }
  }

  /** Takes in the curve of a trial in training here. @returns null: it goes on */
  judge(trial: number, curve: LearningCurve): Stopped | null {
    return this.#curves.judge(trial, curve);
  }

  /** A trial in training here has ended, or goes back to the queue. */
  forget(trial: number): void {
    this.#curves.forget(trial);
  }
}

/** For a study whose config has a stopping rule; null for others. */
export function sharedCurves(
  store: Store,
  study: StudyRecord,
  { stopping }: StudyConfig,
): SharedCurves | null {
  return stopping === undefined ? null : new SharedCurves(store, study, stopping);
}
