import type { EpochReport } from '../../evaluation/evaluation.ts';
import type { Store, StudyRecord } from '../../store/store.ts';
import { advance } from '../../trial/life-cycle.ts';
import type { ProcessIdentity } from '../../trial/owner.ts';
import type { TrialOutcome, TrialRecord } from '../../trial/record.ts';
import type { StudyConfig } from '../config.ts';
import { EvaluatorFailedError } from '../errors.ts';
import type { EvaluatorPool, JobResult } from '../evaluator-pool.ts';
import { type EndedResult, resultOfEvaluation, resultOfFailure, resultOfTwin } from '../result-of-trial.ts';
import { chargedSeconds } from '../trial-cost.ts';
import { type Persistence, persistently } from './persistently.ts';
import type { SharedCurves } from './shared-curves.ts';
import type { TrialJob, TrialQueue } from './trial-queue.ts';

/** What an evaluation of a shared study's trial needs around it. */
export interface TrialDesk {
  readonly store: Store;
  readonly study: StudyRecord;
  readonly config: StudyConfig;
  readonly pool: EvaluatorPool;
  readonly queue: Pick<TrialQueue, 'add'>;
  /** Who evaluates. */
  readonly worker: {
    readonly name: string;
    readonly process: ProcessIdentity;
    /** Where its children are trained; absent: on the processor. */
    readonly device?: string | undefined;
  };
  /** Of the study's stopping rule; null where it has none. */
  readonly curves: SharedCurves | null;
  readonly onUnavailable?: Persistence['onUnavailable'];
}

/**
 * What became of a job.
 *
 * - `finished`: the trial is terminal, by this attempt.
 * - `requeued`: the child died or threw; the trial's next attempt is queued.
 * - `handed-back`: the signal was aborted; the trial's next attempt is queued.
 * - `taken-back`: another worker had this attempt and was judged dead; the next attempt is queued.
 * - `obsolete`: this attempt is not current (any more): its result was refused, or it was not begun.
 */
export type JobEnd = 'finished' | 'requeued' | 'handed-back' | 'taken-back' | 'obsolete';

/**
 * Evaluates one attempt of a trial and stores its result. Every step is fenced by the attempt's number, and may be done
 * twice: whatever dies or is late at any moment, a result is stored once.
 * @param signal aborted to hand the trial back
 * @throws EvaluatorFailedError where the evaluator threw and `evaluatorWorks` says that it never did work here; the
 *   trial was handed back
 */
export async function evaluateTrial(
  desk: TrialDesk,
  { number, attempt }: TrialJob,
  signal: AbortSignal,
  evaluatorWorks: { value: boolean },
): Promise<JobEnd> {
  const { store, study, config, queue } = desk;
  const shared = store.shared;
  // What is under way is brought to its end in the store, also where the worker is to leave.
  const never = new AbortController().signal;
  const persist = <T>(work: () => Promise<T>) =>
    persistently(work, { signal: never, onUnavailable: desk.onUnavailable });
  const addNext = () => persist(() => queue.add([{ number, attempt: attempt + 1 }]));
  const handBack = async (end: 'handed-back' | 'taken-back'): Promise<JobEnd> => {
    const step = await persist(() => shared.requeueAttempt(study.id, number, { kind: 'hand-back', attempt }));
    if (!step.accepted && step.refusal.kind !== 'not-running') return 'obsolete';
    await addNext();
    return end;
  };

  const started = await persist(() => shared.startAttempt(study.id, number, attempt, desk.worker));
  if (!started.accepted) {
    const { refusal } = started;
    // The queue gives out an attempt that runs only when it has judged its worker dead.
    const stalled = refusal.kind === 'stale-attempt' && refusal.current === attempt;
    return stalled ? handBack('taken-back') : 'obsolete';
  }
  const trial = started.next;
  const beganMs = performance.now(); // the stored moments are the database's, which a clock here does not continue
  const { result, fenced } = await train(desk, trial, signal, persist);
  if (fenced) return 'obsolete';

  const finish = async (ended: EndedResult): Promise<JobEnd> => {
    const { name, device = 'cpu' } = desk.worker;
    const worker = ended.worker === null ? null : { ...ended.worker, name, device };
    const told = { number, attempt, attemptLimit: config.limits.attempts, ...ended, worker };
    const charged = chargedSeconds(ended.facts, (performance.now() - beganMs) / 1000).seconds;
    const step = await persist(() => shared.finishAttempt(study.id, told, charged));
    return step.accepted ? 'finished' : 'obsolete';
  };

  switch (result.kind) {
    case 'cancelled':
      return handBack('handed-back');
    case 'reused':
      return finish(resultOfTwin(result.twin));
    case 'evaluated':
      evaluatorWorks.value = true;
      return finish(resultOfEvaluation(result, config.reward));
    case 'crashed':
    case 'error': {
      if (result.kind === 'error' && !evaluatorWorks.value) {
        await handBack('handed-back');
        throw new EvaluatorFailedError(number, result.message);
      }
      const why = { kind: 'child-failed', attempt, attemptLimit: config.limits.attempts } as const;
      const step = advance(trial, why);
      if (step.accepted && step.next.state === 'queued') {
        const requeued = await persist(() => shared.requeueAttempt(study.id, number, why));
        if (!requeued.accepted && requeued.refusal.kind !== 'not-running') return 'obsolete';
        await addNext();
        return 'requeued';
      }
      const curve = await persist(() => store.curve(study.id, number));
      return finish(resultOfFailure(result satisfies TrialOutcome, curve, config.reward));
    }
  }
}

type Trained = JobResult | { readonly kind: 'reused'; readonly twin: TrialRecord };

/** Trains the child and stores its epochs. `fenced`: the attempt is not current any more, whatever came out. */
async function train(
  { store, study, config, pool, curves }: TrialDesk,
  trial: TrialRecord,
  signal: AbortSignal,
  persist: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<{ readonly result: Trained; readonly fenced: boolean }> {
  const { number, attempt, architecture, seed } = trial;
  if (config.duplicates === 'reuse') {
    const twin = await persist(() => store.completedTwin(study.id, trial.architectureKey));
    if (twin !== null) return { result: { kind: 'reused', twin }, fenced: false };
  }
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  let fenced = false;
  let written: Promise<unknown> = Promise.resolve();
  const report = (epoch: EpochReport): void => {
    written = written.then(async () => {
      if (fenced) return;
      const current = await persist(() => store.appendEpoch(study.id, number, attempt, epoch));
      if (current) return;
      fenced = true; // cancelled, or taken over while this worker was silent
      stop.abort();
    });
    written.catch(() => {}); // it is awaited below, once the child is done
  };
  try {
    if (curves !== null) await persist(() => curves.refresh());
    const judge =
      curves === null ? undefined : (curve: readonly EpochReport[]) => curves.judge(number, curve);
    const job = { trial: number, attempt, architecture, seed };
    const result = await pool.evaluate(job, { report, judge, signal: stop.signal });
    await written;
    return { result, fenced };
  } finally {
    signal.removeEventListener('abort', onAbort);
    curves?.forget(number); // what it came to is read from the store, as that of all others
  }
}
