import onnxProto from 'onnx-proto';
import type { Model, ModelFacts } from '../../child/model-file.ts';
import { NascentError } from '../../errors.ts';
import { type Extent, IMAGE, planNetwork } from '../../search-space/index.ts';
import { nascentVersion } from '../../version.ts';
import { type Constant, OnnxGraph, type Shape, type Value } from './graph.ts';
import { type Weights, writeJoin, writeLayer } from './layers.ts';
import { flatten, globalAveragePool, linear } from './operators.ts';
import { writeWhitening } from './whitening.ts';

/** Read by every runtime since 2022. */
export const ONNX_OPSET = 17;
/** The file format that goes with it. */
const IR_VERSION = 8;

/** The graph that was written is not the network of the plan: a defect of ours. */
export class OnnxShapeError extends NascentError {
  constructor(where: string, found: Shape, expected: Shape) {
    super(
      'ONNX_SHAPE_MISMATCH',
      `${where} of the ONNX graph has the shape [${found.join(', ')}], the network's plan says ` +
        `[${expected.join(', ')}]. Nothing was written. This is a defect of Nascent: please report the token string.`,
    );
  }
}

/**
 * A finished network as an ONNX file.
 *
 * Input `images`: float32 [batch, channels, height, width], pixels scaled to [0, 1]; the whitening is part of the
 * graph. Output `logits`: float32 [batch, classes]. The batch is free. Nodes are named after their layer
 * (`layer_3/convolution`; layers count from 1), weights as in the state dict. Every value's shape is written, and
 * those of all layers are checked against the plan.
 *
 * @throws OnnxShapeError
 */
export function onnxModel({ facts, state }: Model): Uint8Array {
  const { image, preprocessing, batchNormEpsilon } = facts;
  const plan = planNetwork(facts.architecture, image);
  const images: Value = { name: 'images', shape: shapeOf(image) };
  const graph = new OnnxGraph(images);
  const { weights, unused } = constantsOf(graph, state);
  const read = new Map([[IMAGE, writeWhitening(graph, images, preprocessing)]]);
  for (const [i, planned] of plan.layers.entries()) {
    const name = `layer_${i + 1}`;
    const input = writeJoin(graph, name, planned.inputs, read);
    expectShape(`the input of layer ${i + 1}`, input, shapeOf(planned.input));
    const output = writeLayer({ graph, weights, batchNormEpsilon }, name, planned, input);
    expectShape(`layer ${i + 1}`, output, shapeOf(planned.output));
    read.set(i + 1, output);
  }
  const joined = writeJoin(graph, 'classifier', plan.classifier.inputs, read);
  expectShape('the input of the classifier', joined, shapeOf(plan.classifier.input));
  const pooled = globalAveragePool(graph, 'classifier/global_average_pool', joined);
  const features = flatten(graph, 'classifier/flatten', pooled);
  const logits = linear(graph, 'logits', features, weights('classifier.weight'), weights('classifier.bias'));
  expectShape('the classifier', logits, [image.classes]);
  const [left] = unused();
  if (left !== undefined) throw new RangeError(`no layer reads the tensor ${left}`);
  return encode(facts, graph, logits);
}

function encode(facts: ModelFacts, graph: OnnxGraph, logits: Value): Uint8Array {
  const { image, classNames, architecture, dataset, datasetChecksum, tokens } = facts;
  const about = {
    class_names: JSON.stringify(classNames),
    architecture: JSON.stringify(architecture),
    dataset,
    dataset_checksum: datasetChecksum,
    ...(tokens === null ? {} : { tokens }),
  };
  const proto = {
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: ONNX_OPSET }],
    producerName: 'nascent',
    producerVersion: nascentVersion(),
    docString: `A convolutional network, trained on ${dataset}.`,
    graph: graph.toProto('network', logits, {
      input: `float32 [batch, ${shapeOf(image).join(', ')}], pixels scaled to 0–1; whitened inside`,
      output: `float32 [batch, ${image.classes}], one for each of class_names (metadata); softmax is left to you`,
    }),
    metadataProps: Object.entries(about).map(([key, value]) => ({ key, value })),
  } satisfies onnxProto.onnx.IModelProto;
  return onnxProto.onnx.ModelProto.encode(proto).finish();
}

/** The state dict's tensors as constants, each added where it is first asked for. */
function constantsOf(
  graph: OnnxGraph,
  state: Model['state'],
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

function expectShape(where: string, { shape }: Value, expected: Shape): void {
  if (shape.length === expected.length && shape.every((length, axis) => length === expected[axis])) return;
  throw new OnnxShapeError(where, shape, expected);
}

function shapeOf({ channels, height, width }: Extent): Shape {
  return [channels, height, width];
}
