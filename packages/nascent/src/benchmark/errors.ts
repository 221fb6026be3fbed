import { NascentError } from '../errors.ts';

export type BenchmarkErrorCode =
  | 'BENCHMARK_NOT_FOUND'
  | 'BENCHMARK_TRUNCATED'
  | 'BENCHMARK_FORMAT'
  | 'BENCHMARK_INCOMPLETE';

/** A benchmark table that is missing, cut off, another one than expected, or not complete. */
export class BenchmarkError extends NascentError {
  declare readonly code: BenchmarkErrorCode;

  constructor(code: BenchmarkErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
