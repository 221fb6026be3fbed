import type { Tensor } from '@nascent/torch';
import type { Constant } from './graph.ts';

/** A tensor of the network's state dict as a constant of the graph. */
export type Weights = (name: string) => Constant;

/** Whatever takes constants. */
interface WithConstants {
  floats(name: string, shape: readonly number[], values: Float32Array): Constant;
}

/** The state dict's tensors as constants, each added where it is first asked for. */
export function constantsOf(
  graph: WithConstants,
  state: ReadonlyMap<string, Tensor>,
): { readonly weights: Weights; readonly unused: () => readonly string[] } {
  const added = new Map<string, Constant>();
  const weights = (name: string): Constant => {
    const tensor = state.get(name);
    if (tensor === undefined) throw new RangeError(`the state dict has no ${name}`);
    const constant = added.get(name) ?? graph.floats(name, tensor.shape, tensor.toFloat32());
    added.set(name, constant);
    return constant;
  };
  return { weights, unused: () => [...state.keys()].filter((name) => !added.has(name)) };
}
