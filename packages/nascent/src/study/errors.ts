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
        'Only trials, budget, workers and limits may change when a study is resumed: change it back, ' +
        'or begin a new study with --study OTHER.db',
    );
  }
}

/** The evaluator threw before any child of the study was evaluated: it is the evaluator that needs mending. */
export class EvaluatorFailedError extends NascentError {
  /** @param trial null in a comparison, whose trials have no numbers of their own */
  constructor(trial: number | null, message: string) {
    const [where, what, rest] =
      trial === null
        ? ['', 'comparison', '']
        : [` on trial ${trial}`, 'study', '; the trial is still queued'];
    super(
      'EVALUATOR_FAILED',
      `the evaluator threw${where}, before any child was evaluated, so the ${what} stops here: ${message}\n` +
        `Correct the evaluator or its options and run the same command again${rest}.`,
    );
  }
}

/** Another process runs this comparison, or one on another machine may. */
export class ComparisonRunningError extends NascentError {
  constructor(location: string, owner: StudyOwner, liveness: Liveness) {
    const found = `the comparison in ${location} is being run by ${describeOwner(owner)} since ${owner.since}`;
    super(
      'COMPARISON_RUNNING',
      liveness === 'alive'
        ? `${found}. Wait for it or stop it (kill -INT ${owner.pid}), or compare into another directory with --out.`
        : `${found}, which is another machine: whether it still lives cannot be told from here. ` +
            'If that process is gone, take the comparison over with --take-over.',
    );
  }
}

/** The config differs from the one the comparison began with in something that its runs depend on. */
export class ComparisonChangedError extends NascentError {
  constructor(location: string, key: string, stored: unknown, given: unknown) {
    const text = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
    super(
      'COMPARISON_CHANGED',
      `${key} has changed: the comparison in ${location} began with ${text(stored)}, the config now says ${text(given)}. ` +
        'Runs made under both would not compare. Strategies and seeds may be added, and workers may change; ' +
        'for anything else change it back, or begin another comparison with --out DIR',
    );
  }
}

/** A label stands for another strategy, or for other options, than in the runs that are there. */
export class ComparedStrategyChangedError extends NascentError {
  constructor(location: string, label: string, stored: string, given: string) {
    super(
      'COMPARED_STRATEGY_CHANGED',
      `the strategy "${label}" is not what it was: its runs in ${location} were made with ${stored}, ` +
        `and now it is ${given}. Give the new one a label of its own: ` +
        `{ label: '${label}-2', use: …, options: … }, or begin another comparison with --out DIR`,
    );
  }
}

/** One process cannot run a study that controller replicas share. */
export class StudySharedError extends NascentError {
  constructor(location: string) {
    super(
      'STUDY_SHARED',
      `the study in ${location} is a shared one: controller replicas draw its trials. Go on with it by\n\n` +
        `  nascent controller --study ${location}\n`,
    );
  }
}
