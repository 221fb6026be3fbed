import { NascentError } from '../errors.ts';

/** A study file has no workers from elsewhere: its one process starts its own. */
export class WorkerNeedsServerError extends NascentError {
  constructor(location: string) {
    super(
      'WORKER_NEEDS_SERVER',
      `${location} is a study file, which one process runs with workers of its own (nascent search, or nascent ` +
        'controller). For workers on other machines the study has to be on a PostgreSQL server: copy it with ' +
        `nascent copy ${location} postgres://USER@HOST/DATABASE/STUDY`,
    );
  }
}

/** The study was begun by a newer Nascent: what its config means may be unknown here. */
export class WorkerTooOldError extends NascentError {
  constructor(location: string, own: string, study: string) {
    super(
      'WORKER_TOO_OLD',
      `the study of ${location} was begun by Nascent ${study}, and this is ${own}: its trials would not be ` +
        'evaluated alike. Update nascent on this machine.',
    );
  }
}

/** The study's evaluator is a module of its own, which this worker's operator has not named. */
export class EvaluatorNotAllowedError extends NascentError {
  constructor(location: string, use: string) {
    super(
      'EVALUATOR_NOT_ALLOWED',
      `the study of ${location} is evaluated by ${JSON.stringify(use)}, which is not built in. A worker runs no code ` +
        'because a study says so: put the module on this machine, look at it, and name it with --allow PATH (or ' +
        '--allow PACKAGE).',
    );
  }
}

/** No module that the operator allows is the one that the study began with. */
export class EvaluatorDiffersError extends NascentError {
  constructor(
    location: string,
    expected: string,
    found: readonly { readonly module: string; readonly identity: string }[],
  ) {
    const list = found.map(({ module, identity }) => `${module} is ${identity.slice(0, 12)}`).join(', ');
    super(
      'EVALUATOR_DIFFERS',
      `the study of ${location} is evaluated by the evaluator ${expected.slice(0, 12)} (a hash over its module's ` +
        `content and its options), and ${list}. Bring the same version of the module, with the files that it imports, ` +
        'to this machine.',
    );
  }
}

/** The data on this machine are not those that the study's other children are trained on. */
export class DatasetDiffersError extends NascentError {
  constructor(location: string, expected: string, found: string | null) {
    super(
      'DATASET_DIFFERS',
      `the children of the study of ${location} are trained on data with the checksum ${expected.slice(0, 12)}, and ` +
        `the data here have ${found === null ? 'none' : found.slice(0, 12)}: rewards would not compare. Fetch the same ` +
        'data (nascent data fetch NAME, nascent data verify NAME), or correct where the worker looks for them ' +
        '(--directory).',
    );
  }
}
