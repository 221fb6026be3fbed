import type onnxProto from 'onnx-proto';
import { type Attribute, BATCH, type Constant, OnnxGraph, type Value } from '../graph.ts';

export type { Constant } from '../graph.ts';

/** Size without the batch, which every value has as its first axis and whose length is free. */
export type Shape = readonly number[];

/** What a node computes. */
export interface ImageValue {
  readonly name: string;
  readonly shape: Shape;
}

/** A node as it is added: a value takes its node's name. */
export interface ImageNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly (ImageValue | Constant)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Of its output. */
  readonly shape: Shape;
}

/** The graph of a network that reads a batch of images: every value has the batch before its shape. */
export class ImageGraph {
  readonly #graph: OnnxGraph;

  constructor(input: ImageValue, docs: string) {
    this.#graph = new OnnxGraph([{ value: withBatch(input), docs }]);
  }

  /** Adds a node after all that it reads. */
  node({ shape, ...node }: ImageNode): ImageValue {
    const { name } = this.#graph.node(node, [BATCH, ...shape]);
    return { name, shape };
  }

  /** Adds a float32 constant. */
  floats(name: string, shape: Shape, values: Float32Array): Constant {
    return this.#graph.floats(name, shape, values);
  }

  /** Adds an int64 constant [number of values]. */
  integers(name: string, values: readonly number[]): Constant {
    return this.#graph.integers(name, values);
  }

  /** The graph as protobuf takes it. @param output what it computes, of those added */
  toProto(name: string, output: ImageValue, docs: string): onnxProto.onnx.IGraphProto {
    return this.#graph.toProto(name, [{ value: withBatch(output), docs }]);
  }
}

function withBatch({ name, shape }: ImageValue): Value {
  return { name, lengths: [BATCH, ...shape], type: 'float32' };
}
