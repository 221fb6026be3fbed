import { NascentError } from '../errors.ts';

/**
 * No worker can be started, so no trial can run: the evaluator's module, the engine or the data are not usable.
 * The code is that of the cause where it has one (`DATASET_NOT_FOUND`, `TORCH_NOT_FOUND`, …), else
 * `EVALUATOR_NOT_LOADED` or `WORKER_START_FAILED`. Not a trial's failure.
 */
export class WorkerStartError extends NascentError {}
