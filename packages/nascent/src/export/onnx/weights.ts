import type { Tensor } from '@nascent/torch';
import type { Constant } from './graph.ts';

/** A tensor of the network's state dict as a constant of the graph. */
export type Weights = (name: string) => Constant;

/** What a constant holds. */
export interface Content {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Whatever takes constants. */
interface WithConstants {
  floats(name: string, shape: readonly number[], values: Float32Array): Constant;
}

export interface StateConstants {
  readonly weights: Weights;
  /** A constant made of tensors of the state dict, where the operator wants them in another order. */
  readonly made: (
    name: string,
    of: readonly string[],
    make: (tensors: readonly Content[]) => Content,
  ) => Constant;
  /** Tensors that nothing has asked for. */
  readonly unused: () => readonly string[];
}

/** The state dict's tensors as constants, each added where it is first asked for. */
export function constantsOf(graph: WithConstants, state: ReadonlyMap<string, Tensor>): StateConstants {
  const used = new Set<string>();
  const added = new Map<string, Constant>();
  const contentOf = (name: string): Content => {
    const tensor = state.get(name);
    if (tensor === undefined) throw new RangeError(`the state dict has no ${name}`);
    used.add(name);
    return { shape: tensor.shape, values: tensor.toFloat32() };
  };
  const once = (name: string, make: () => Content): Constant => {
    const found = added.get(name);
    if (found !== undefined) return found;
    const { shape, values } = make();
    const constant = graph.floats(name, shape, values);
    added.set(name, constant);
    return constant;
  };
  return {
    weights: (name) => once(name, () => contentOf(name)),
    made: (name, of, make) => once(name, () => make(of.map(contentOf))),
    unused: () => [...state.keys()].filter((name) => !used.has(name)),
  };
}
