import type { Model, ModelFacts } from '../../../child/model-file.ts';
import { NascentError } from '../../../errors.ts';
import { type Extent, IMAGE, planNetwork } from '../../../search-space/index.ts';
import { encodeModel } from '../model-proto.ts';
import { constantsOf } from '../weights.ts';
import { ImageGraph, type ImageValue, type Shape } from './image-graph.ts';
import { writeJoin, writeLayer } from './layers.ts';
import { flatten, globalAveragePool, linear } from './operators.ts';
import { writeWhitening } from './whitening.ts';

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
  const images: ImageValue = { name: 'images', shape: shapeOf(image) };
  const graph = new ImageGraph(
    images,
    `float32 [batch, ${images.shape.join(', ')}], pixels scaled to 0–1; whitened inside`,
  );
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

function encode(facts: ModelFacts, graph: ImageGraph, logits: ImageValue): Uint8Array {
  const { image, classNames, architecture, dataset, datasetChecksum, tokens } = facts;
  const docs = `float32 [batch, ${image.classes}], one for each of class_names (metadata); softmax is left to you`;
  return encodeModel(graph.toProto('network', logits, docs), {
    docs: `A convolutional network, trained on ${dataset}.`,
    about: {
      class_names: JSON.stringify(classNames),
      architecture: JSON.stringify(architecture),
      dataset,
      dataset_checksum: datasetChecksum,
      tokens,
    },
  });
}

function expectShape(where: string, { shape }: ImageValue, expected: Shape): void {
  if (shape.length === expected.length && shape.every((length, axis) => length === expected[axis])) return;
  throw new OnnxShapeError(where, shape, expected);
}

function shapeOf({ channels, height, width }: Extent): Shape {
  return [channels, height, width];
}
