import type { StoredLanguageModel } from '../../../child/language-model/index.ts';
import { BATCH, floatValue, OnnxGraph, type Value } from '../graph.ts';
import { encodeModel } from '../model-proto.ts';
import { constantsOf } from '../weights.ts';
import { described, hasMemory } from './cell.ts';
import type { LayerContext, State } from './layer.ts';
import { writeNativeLayer } from './native-layer.ts';
import { writeTreeLayer } from './tree-layer.ts';

const STEPS = 'steps';

/**
 * A language model as an ONNX file.
 *
 * Inputs: `words` int64 [steps, batch]; of each layer, from 1, `h1` and `c1` [batch, units]: zeros before a text.
 * Outputs: `logits` float32 [steps, batch, vocabulary] of the word after each; the states after the last step,
 * `next_h1`, `next_c1` … A GRU has no c. Steps and batch are free. Nodes are named after their layer, weights as in the
 * state dict.
 */
export function onnxLanguageModel({ facts, state }: StoredLanguageModel): Uint8Array {
  const { architecture, shape, vocabulary, dataset, datasetChecksum, tokens } = facts;
  const { hidden: units, tied } = shape;
  const words: Value = { name: 'words', lengths: [STEPS, BATCH], type: 'int64' };
  const numbers = Array.from({ length: shape.layers }, (_, i) => i + 1);
  const before = numbers.map((number): State => {
    const value = (name: string) => floatValue(`${name}${number}`, [BATCH, units]);
    return { h: value('h'), c: hasMemory(architecture) ? value('c') : null };
  });
  const graph = new OnnxGraph([
    {
      value: words,
      docs: `int64 [steps, batch]: indices into the ${shape.vocabulary} words of the vocabulary`,
    },
    ...before.flatMap((of, i) => described(of, units, `layer ${i + 1} before the first step`)),
  ]);
  const constants = constantsOf(graph, state);
  const table = constants.weights('embedding.weight');
  let values = graph.node({ name: 'embedding', operator: 'Gather', inputs: [table, words] }, [
    STEPS,
    BATCH,
    units,
  ]);
  const after: State[] = [];
  for (const [i, number] of numbers.entries()) {
    const context = { graph, constants, name: `layer_${number}`, tensors: `layers.${number}`, units };
    const layer = writeLayer(context, facts, values, before[i]);
    values = layer.outputs;
    after.push(layer.state);
  }
  const transposed = graph.node(
    {
      name: 'softmax/table',
      operator: 'Transpose',
      inputs: [tied ? table : constants.weights('softmax.weight')],
      attributes: { perm: [1, 0] },
    },
    [units, shape.vocabulary],
  );
  const lengths = [STEPS, BATCH, shape.vocabulary];
  const products = graph.node(
    { name: 'softmax/products', operator: 'MatMul', inputs: [values, transposed] },
    lengths,
  );
  const bias = constants.weights('softmax.bias');
  const logits = graph.node({ name: 'logits', operator: 'Add', inputs: [products, bias] }, lengths);
  const [left] = constants.unused();
  if (left !== undefined) throw new RangeError(`no layer reads the tensor ${left}`);
  const outputs = [
    {
      value: logits,
      docs: `float32 [steps, batch, ${shape.vocabulary}]: of the word after each; softmax is left to you`,
    },
    ...after.flatMap((of, i) => described(of, units, `layer ${i + 1} after the last step`)),
  ];
  return encodeModel(graph.toProto('language_model', outputs), {
    docs: `A language model, trained on ${dataset}.`,
    about: {
      architecture: JSON.stringify(architecture),
      vocabulary: JSON.stringify(vocabulary),
      dataset,
      dataset_checksum: datasetChecksum,
      tokens,
    },
  });
}

function writeLayer(
  context: LayerContext,
  { architecture }: StoredLanguageModel['facts'],
  input: Value,
  before: State | undefined,
): { readonly outputs: Value; readonly state: State } {
  if (before === undefined) throw new RangeError(`${context.name} has no state`);
  const number = context.name.replace('layer_', '');
  const names = { h: `next_h${number}`, c: `next_c${number}` };
  if (architecture.kind === 'native-cell')
    return writeNativeLayer(context, architecture.cell, input, before, names);
  const { h, c } = before;
  if (c === null) throw new RangeError(`${context.name} has no memory`);
  return writeTreeLayer(context, architecture, input, { h, c }, names);
}
