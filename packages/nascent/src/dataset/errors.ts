import { NascentError } from '../errors.ts';

export type DatasetErrorCode =
  | 'DATASET_UNKNOWN'
  | 'DATASET_NOT_FOUND'
  | 'DATASET_TRUNCATED'
  | 'DATASET_LABEL_INVALID'
  | 'DATASET_FORMAT'
  | 'DATASET_DIFFERS'
  | 'DATASET_NOT_FREE'
  | 'DATASET_FETCH_FAILED'
  | 'DATA_DIRECTORY_UNUSABLE'
  | 'DISK_FULL'
  | 'SPLIT_INVALID'
  | 'TOKEN_UNKNOWN';

/** A data set that is missing, damaged, or cannot be fetched or written. */
export class DatasetError extends NascentError {
  declare readonly code: DatasetErrorCode;

  constructor(code: DatasetErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}

/** The sentence that ends every message about damaged files of a data set that can be fetched. */
export function fetchAgain(name: string): string {
  return `Fetch the files again with \`nascent data fetch ${name}\` (the damaged ones are moved aside).`;
}
