/** Mean and spread of some numbers. */
export interface SampleDescription {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation with n − 1; null for a single number. */
  readonly std: number | null;
  /** Of the mean: std / √n; null for a single number. */
  readonly standardError: number | null;
}

/** @returns null where there are no numbers */
export function describeSample(values: readonly number[]): SampleDescription | null {
  const count = values.length;
  if (count === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { count, mean, std: null, standardError: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const std = Math.sqrt(squares / (count - 1));
  return { count, mean, std, standardError: std / Math.sqrt(count) };
}
