import onnxProto from 'onnx-proto';

const { AttributeProto, TensorProto } = onnxProto.onnx;

/** The length of an axis: a number, or the name of a free one. */
export type Length = number | string;
export type Lengths = readonly Length[];

/** What an input is, or a node computes. */
export interface Value {
  readonly name: string;
  readonly lengths: Lengths;
  readonly type: 'float32' | 'int64';
}

/** A tensor that the file holds. */
export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
}

export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly graph: onnxProto.onnx.IGraphProto };

/** A node as it is added. */
export interface OnnxNode {
  readonly name: string;
  /** Of the default domain. */
  readonly operator: string;
  /** Values and constants by their names; null: an optional input that is left out. */
  readonly inputs: readonly ({ readonly name: string } | null)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** An output of the graph, with a sentence for its reader. */
export interface Described {
  readonly value: Value;
  readonly docs: string;
}

export const BATCH = 'batch';

/** A value that is to be computed. */
export function floatValue(name: string, lengths: Lengths): Value {
  return { name, lengths, type: 'float32' };
}

/**
 * An ONNX graph in the making. Names are unique, also between a graph and its bodies; every value's shape is written
 * down beside it, so that a reader need infer nothing. What nodes compute is float32.
 */
export class OnnxGraph {
  readonly #nodes: onnxProto.onnx.INodeProto[] = [];
  readonly #constants: onnxProto.onnx.ITensorProto[] = [];
  readonly #values: Value[] = [];
  readonly #inputs: readonly Described[];
  readonly #names: Set<string>;

  constructor(inputs: readonly Described[], names = new Set<string>()) {
    this.#inputs = inputs;
    this.#names = names;
    for (const { value } of inputs) this.#claim(value.name);
  }

  /** The graph of an operator's attribute, which also reads what stands here: each step of a loop. */
  body(inputs: readonly Value[]): OnnxGraph {
    return new OnnxGraph(
      inputs.map((value) => ({ value, docs: '' })),
      this.#names,
    );
  }

  /** Adds a node after all that it reads. Its value takes its name. */
  node(node: OnnxNode, lengths: Lengths): Value {
    const value = floatValue(node.name, lengths);
    this.add(node, [value]);
    return value;
  }

  /** Adds a node that computes several values. */
  add({ name, operator, inputs, attributes = {} }: OnnxNode, outputs: readonly Value[]): void {
    // Nodes and values are two kinds of names, but a node of one value shares its name with it.
    for (const claimed of new Set([name, ...outputs.map((output) => output.name)])) this.#claim(claimed);
    this.#nodes.push({
      name,
      opType: operator,
      input: inputs.map((input) => input?.name ?? ''),
      output: outputs.map((output) => output.name),
      attribute: Object.entries(attributes).map(([attribute, value]) => attributeOf(attribute, value)),
    });
    this.#values.push(...outputs);
  }

  /** Adds a float32 constant. */
  floats(name: string, shape: readonly number[], values: Float32Array): Constant {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    return this.#constant(name, shape, TensorProto.DataType.FLOAT, rawData);
  }

  /** Adds an int64 constant [number of values]. */
  integers(name: string, values: readonly number[]): Constant {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.#constant(name, [values.length], TensorProto.DataType.INT64, rawData);
  }

  /** The graph as protobuf takes it. @param outputs what it computes, of those added */
  toProto(name: string, outputs: readonly Described[]) {
    const given = new Set(outputs.map(({ value }) => value.name));
    return {
      name,
      node: this.#nodes,
      initializer: this.#constants,
      input: this.#inputs.map(describedOf),
      output: outputs.map(describedOf),
      valueInfo: this.#values.filter((value) => !given.has(value.name)).map(infoOf),
    } satisfies onnxProto.onnx.IGraphProto;
  }

  #constant(name: string, shape: readonly number[], dataType: number, rawData: Uint8Array): Constant {
    this.#claim(name);
    this.#constants.push({ name, dims: [...shape], dataType, rawData });
    return { name, shape };
  }

  #claim(name: string): void {
    if (this.#names.has(name)) throw new RangeError(`the name ${name} stands twice in the graph`);
    this.#names.add(name);
  }
}

function describedOf({ value, docs }: Described): onnxProto.onnx.IValueInfoProto {
  return docs === '' ? infoOf(value) : { ...infoOf(value), docString: docs };
}

function infoOf({ name, lengths, type }: Value): onnxProto.onnx.IValueInfoProto {
  const elemType = type === 'int64' ? TensorProto.DataType.INT64 : TensorProto.DataType.FLOAT;
  const dim = lengths.map((length) =>
    typeof length === 'string' ? { dimParam: length } : { dimValue: length },
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

function attributeOf(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  const { AttributeType } = AttributeProto;
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  if (typeof value === 'string')
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ('graph' in value) return { name, type: AttributeType.GRAPH, g: value.graph };
  return { name, type: AttributeType.INTS, ints: [...value] };
}
