import onnxProto from 'onnx-proto';

const { AttributeProto, TensorProto } = onnxProto.onnx;

/** Size without the batch, which every value has as its first axis and whose length is free. */
export type Shape = readonly number[];

/** What a node computes. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
}

/** A tensor that the file holds. */
export interface Constant {
  readonly name: string;
  /** Whole: a constant has no batch. */
  readonly shape: Shape;
}

export type Attribute = number | string | readonly number[] | { readonly float: number };

/** A node as it is added: a value takes its node's name. */
export interface OnnxNode {
  readonly name: string;
  /** Of the default domain. */
  readonly operator: string;
  readonly inputs: readonly (Value | Constant)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Of its output. */
  readonly shape: Shape;
}

export const BATCH = 'batch';

/**
 * An ONNX graph in the making. Names are unique; every value's shape is written down beside it, so that a reader
 * need infer nothing. All values are float32.
 */
export class OnnxGraph {
  readonly #nodes: onnxProto.onnx.INodeProto[] = [];
  readonly #constants: onnxProto.onnx.ITensorProto[] = [];
  readonly #values: Value[] = [];
  readonly #names = new Set<string>();
  readonly #input: Value;

  constructor(input: Value) {
    this.#input = input;
    this.#names.add(input.name);
  }

  /** Adds a node after all that it reads. */
  node({ name, operator, inputs, attributes = {}, shape }: OnnxNode): Value {
    this.#claim(name);
    this.#nodes.push({
      name,
      opType: operator,
      input: inputs.map((input) => input.name),
      output: [name],
      attribute: Object.entries(attributes).map(([attribute, value]) => attributeOf(attribute, value)),
    });
    const value = { name, shape };
    this.#values.push(value);
    return value;
  }

  /** Adds a float32 constant. */
  floats(name: string, shape: Shape, values: Float32Array): Constant {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    return this.#constant(name, shape, TensorProto.DataType.FLOAT, rawData);
  }

  /** Adds an int64 constant [number of values]. */
  integers(name: string, values: readonly number[]): Constant {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.#constant(name, [values.length], TensorProto.DataType.INT64, rawData);
  }

  /** The graph as protobuf takes it. @param output what it computes, of those added */
  toProto(name: string, output: Value, docs: { readonly input: string; readonly output: string }) {
    return {
      name,
      node: this.#nodes,
      initializer: this.#constants,
      input: [{ ...infoOf(this.#input), docString: docs.input }],
      output: [{ ...infoOf(output), docString: docs.output }],
      valueInfo: this.#values.filter((value) => value.name !== output.name).map(infoOf),
    } satisfies onnxProto.onnx.IGraphProto;
  }

  #constant(name: string, shape: Shape, dataType: number, rawData: Uint8Array): Constant {
    this.#claim(name);
    this.#constants.push({ name, dims: [...shape], dataType, rawData });
    return { name, shape };
  }

  #claim(name: string): void {
    if (this.#names.has(name)) throw new RangeError(`the name ${name} stands twice in the graph`);
    this.#names.add(name);
  }
}

function infoOf({ name, shape }: Value): onnxProto.onnx.IValueInfoProto {
  const dim = [{ dimParam: BATCH }, ...shape.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: TensorProto.DataType.FLOAT, shape: { dim } } } };
}

function attributeOf(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  const { AttributeType } = AttributeProto;
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  if (typeof value === 'string')
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INTS, ints: [...value] };
}
