import { NascentError } from '../../errors.ts';

/** A trial that `retrain` cannot retrain. */
export class NotRetrainableError extends NascentError {
  constructor(message: string) {
    super('NOT_RETRAINABLE', message);
  }
}

/** The directory holds the retraining of something else, or under another config. */
export class RetrainChangedError extends NascentError {
  constructor(directory: string, what: string, stored: unknown, given: unknown) {
    super(
      'RETRAIN_CHANGED',
      `${what} has changed: the retraining in ${directory} began with ${text(stored)}, now it is ${text(given)}. ` +
        'Runs of both would not compare. Only workers, limits and retrain.checkpointEvery may change: change it ' +
        'back, or begin another retraining with --out DIR',
    );
  }
}

/** No run of the grid, or the final training, came to an end that can be used. */
export class RetrainFailedError extends NascentError {
  constructor(message: string) {
    super('RETRAIN_FAILED', message);
  }
}

function text(value: unknown): string {
  const json = value === undefined || value === null ? 'nothing' : JSON.stringify(value);
  return json.length <= 160 ? json : `${json.slice(0, 157)}…`;
}
