import { keep, type Tensor, tensor } from '@nascent/torch';
import { randomStream } from '../random.ts';
import type { Decisions } from '../search-space/decision.ts';
import { type ControllerConfig, PAPER_CONTROLLER } from './configuration.ts';
import { type ControllerLayout, controllerLayout } from './layout.ts';

/**
 * The recurrent controller's weights (Zoph & Le 2017, §3.1): one flat vector and the map of it.
 *
 * Two controllers of one layout differ only in `parameters`; the initial policy, for instance, is the same
 * layout over the initial vector. Sampling (`sampling.ts`) and scoring (`scoring.ts`) are functions of it.
 */
export interface Controller {
  readonly layout: ControllerLayout;
  /** [layout.parameterCount], a leaf that requires gradients; owned by whoever made the controller. */
  readonly parameters: Tensor;
}

export interface ControllerOptions {
  readonly config?: ControllerConfig;
  /** float64 is for tests against finite differences. */
  readonly dtype?: 'float32' | 'float64';
  readonly device?: string;
}

/**
 * A fresh controller: every weight uniform in [−range, range] (§4.1).
 * @param seed the same seed and declaration give the same weights on every machine
 */
export function createController(
  decisions: Decisions,
  seed: number,
  { config = PAPER_CONTROLLER, dtype = 'float32', device = 'cpu' }: ControllerOptions = {},
): Controller {
  const layout = controllerLayout(decisions, config);
  const weights = initialWeights(layout, seed);
  const parameters = tensor(dtype === 'float32' ? Float32Array.from(weights) : weights, {
    shape: [layout.parameterCount],
    dtype,
    device,
  });
  return { layout, parameters: keep(parameters.setRequiresGrad(true)) };
}

/** The flat vector that `createController` starts from, in float64. */
export function initialWeights(layout: ControllerLayout, seed: number): Float64Array {
  const stream = randomStream(seed, 'controller', 'weights');
  const range = layout.config.initialRange;
  return Float64Array.from({ length: layout.parameterCount }, () => (2 * stream.uniform() - 1) * range);
}

/** Frees the weights. */
export function disposeController(controller: Controller): void {
  controller.parameters.dispose();
}
