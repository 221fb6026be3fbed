import { NascentError } from '../errors.ts';
import type { StudyOwner } from '../store/store.ts';
import { describeOwner, type Liveness } from '../trial/owner.ts';

/** Another process runs this study, or one on another machine may. */
export class StudyRunningError extends NascentError {
  constructor(location: string, owner: StudyOwner, liveness: Liveness) {
    const found = `the study in ${location} is being run by ${describeOwner(owner)} since ${owner.since}`;
    super(
      'STUDY_RUNNING',
      liveness === 'alive'
        ? `${found}. Wait for it or stop it (kill -INT ${owner.pid}), or run another study with --study.`
        : `${found}, which is another machine: whether it still lives cannot be told from here. ` +
            'If that process is gone, take the study over with --take-over.',
    );
  }
}

/** The config differs from the one the study began with in something that must not change. */
export class ConfigChangedError extends NascentError {
  constructor(location: string, key: string, stored: unknown, given: unknown) {
    const text = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
    super(
      'CONFIG_CHANGED',
      `${key} has changed: the study in ${location} began with ${text(stored)}, the config now says ${text(given)}. ` +
        'Only trials, workers and limits may change when a study is resumed: change it back, ' +
        'or begin a new study with --study OTHER.db',
    );
  }
}

/** The evaluator threw before any child of the study was evaluated: it is the evaluator that needs mending. */
export class EvaluatorFailedError extends NascentError {
  constructor(trial: number, message: string) {
    super(
      'EVALUATOR_FAILED',
      `the evaluator threw on trial ${trial}, before any child was evaluated, so the study stops here: ${message}\n` +
        'Correct the evaluator or its options and run the same command again; the trial is still queued.',
    );
  }
}
