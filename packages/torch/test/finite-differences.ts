import { gradients, noGrad, scope, type Tensor, tensor } from '@nascent/torch';

export interface GradientDifference {
  /** The largest |analytic − numeric| / max(1, |numeric|) over all elements of all inputs. */
  readonly worst: number;
  /** Where: which input, which element (row-major), and both values. */
  readonly at: { input: number; element: number; analytic: number; numeric: number };
}

/**
 * Compares the analytic gradient of a scalar function with central finite differences, element by element.
 *
 * With a step of 1e-5 in float64 the differences themselves are good to about 1e-10.
 * @param loss a pure function of the inputs' values: called twice per element
 * @param inputs float64 leaves that require a gradient
 */
export function gradientDifference(
  loss: () => Tensor,
  inputs: readonly Tensor[],
  step = 1e-5,
): GradientDifference {
  const analytic = scope(() => gradients(loss(), [...inputs]).map((gradient) => numbersOf(gradient)));
  const lossNow = (): number => scope(() => noGrad(() => loss().item()));
  let worst = -1;
  let at = { input: -1, element: -1, analytic: 0, numeric: 0 };
  for (const [i, input] of inputs.entries()) {
    const original = numbersOf(input);
    for (let element = 0; element < original.length; element++) {
      const moved = (by: number): number => {
        const values = Float64Array.from(original);
        values[element] = (original[element] ?? 0) + by;
        write(input, values);
        return lossNow();
      };
      const numeric = (moved(step) - moved(-step)) / (2 * step);
      const found = analytic[i]?.[element] ?? Number.NaN;
      const difference = Math.abs(found - numeric) / Math.max(1, Math.abs(numeric));
      if (!(difference <= worst)) {
        worst = difference;
        at = { input: i, element, analytic: found, numeric };
      }
    }
    write(input, original);
  }
  return { worst, at };
}

function numbersOf(value: Tensor): Float64Array {
  return scope(() => Float64Array.from(value.detach().toArray() as Float64Array));
}

function write(target: Tensor, values: Float64Array): void {
  scope(() => noGrad(() => target.copyFrom_(tensor(values, { shape: target.shape, dtype: 'float64' }))));
}
