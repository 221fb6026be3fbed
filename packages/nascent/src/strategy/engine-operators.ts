import { callOperator, fromBuffer, getThreads, scope, setThreads, Tensor, TorchError } from '@nascent/torch';

/** [..., n, n], symmetric and positive definite → its lower Cholesky factors. @throws TorchError where it is not */
export function cholesky(matrix: Tensor): Tensor {
  return operator('aten::linalg_cholesky', matrix);
}

/** factor⁻¹ · right. @param factor [..., n, n], lower triangular @param right [..., n, m] */
export function solveLower(factor: Tensor, right: Tensor): Tensor {
  return operator('aten::linalg_solve_triangular', factor, right, false);
}

/** The diagonals of a batch of matrices. @param matrices [batch, n, n] @returns [batch, n] */
export function diagonals(matrices: Tensor): Tensor {
  return operator('aten::diagonal', matrices, 0, 1, 2);
}

/** Φ: how likely a standard normal number is at most x. */
export function normalDistribution(x: readonly number[]): readonly number[] {
  return elementwise('aten::special_ndtr', x);
}

/** Φ⁻¹. @param p each in (0, 1) */
export function normalQuantiles(p: readonly number[]): readonly number[] {
  return elementwise('aten::special_ndtri', p);
}

/**
 * Runs something with one thread of the engine: for small matrices that is faster, and the bits of the result do
 * not depend on the number of cores.
 */
export function onOneThread<Result>(run: () => Result): Result {
  const threads = getThreads();
  if (threads === 1) return run(); // setting the number takes milliseconds
  setThreads(1);
  try {
    return run();
  } finally {
    setThreads(threads);
  }
}

function elementwise(name: string, values: readonly number[]): readonly number[] {
  return scope(() => operator(name, fromBuffer(Float64Array.from(values))).toNumbers());
}

function operator(name: string, ...args: readonly unknown[]): Tensor {
  const [result] = callOperator(name, '', args);
  if (result instanceof Tensor) return result;
  throw new TorchError('UNSUPPORTED_TYPE', `${name} did not give a tensor`, { operator: name });
}
