import type { OnnxGraph, Value } from '../graph.ts';
import type { StateConstants } from '../weights.ts';

/** What a step hands to the next one: [batch, units] each. */
export interface State {
  readonly h: Value;
  /** null: a GRU has none. */
  readonly c: Value | null;
}

/** What a recurrent layer is written with. */
export interface LayerContext {
  readonly graph: OnnxGraph;
  readonly constants: StateConstants;
  /** Begins the names of all nodes. */
  readonly name: string;
  /** Begins the names of the layer's tensors in the state dict: `layers.1`. */
  readonly tensors: string;
  /** Width of the layer. */
  readonly units: number;
}

/** How what a layer computes is called in the file. */
export interface StateNames {
  readonly h: string;
  readonly c: string;
}
