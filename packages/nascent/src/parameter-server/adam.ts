/**
 * Adam (Kingma & Ba 2015, algorithm 1) over a plain vector, in float32 arithmetic.
 *
 * Every operation is rounded to float32, in the order of the engine's own loop (`Adam` of @nascent/torch), so that a shard
 * moves exactly as the engine's optimiser would move that part of the vector, on whatever machine the update is applied;
 * and no engine is needed to apply it.
 */
export interface AdamState {
  /** Updates so far. */
  readonly steps: number;
  /** Running means of the gradient. */
  readonly means: Float32Array;
  /** Running means of its square. */
  readonly squares: Float32Array;
}

const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-8;

export function freshAdam(parameters: number): AdamState {
  return { steps: 0, means: new Float32Array(parameters), squares: new Float32Array(parameters) };
}

/**
 * One step against `gradient`, all vectors of one length.
 * @returns new vectors; the given ones stay as they are
 */
export function adamStep(
  parameters: Float32Array,
  gradient: Float32Array,
  state: AdamState,
  learningRate: number,
): { readonly parameters: Float32Array; readonly state: AdamState } {
  const f = Math.fround;
  const steps = state.steps + 1;
  const b1 = f(beta1);
  const b2 = f(beta2);
  const r1 = f(1 - beta1);
  const r2 = f(1 - beta2);
  const eps = f(epsilon);
  const size = f(learningRate / (1 - beta1 ** steps));
  const bias = f(Math.sqrt(1 - beta2 ** steps));
  const moved = Float32Array.from(parameters);
  const means = Float32Array.from(state.means);
  const squares = Float32Array.from(state.squares);
  for (let k = 0; k < moved.length; k++) {
    const g = gradient[k] ?? 0;
    const mean = f(f(b1 * (means[k] ?? 0)) + f(r1 * g));
    const square = f(f(b2 * (squares[k] ?? 0)) + f(f(r2 * g) * g));
    means[k] = mean;
    squares[k] = square;
    moved[k] = (moved[k] ?? 0) - f(f(size * mean) / f(f(f(Math.sqrt(square)) / bias) + eps));
  }
  return { parameters: moved, state: { steps, means, squares } };
}
