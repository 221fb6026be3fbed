import type { NativeCell } from '../../../search-space/index.ts';
import { BATCH, floatValue, type Lengths, type Value } from '../graph.ts';
import type { Content } from '../weights.ts';
import type { LayerContext, State, StateNames } from './layer.ts';

/**
 * ONNX's operators, and which of PyTorch's gates stand where in theirs.
 *
 * LSTM: PyTorch stacks input, forget, cell, output; ONNX input, output, forget, cell. GRU: PyTorch stacks reset,
 * update, new; ONNX update, reset, new. With `linear_before_reset` ONNX's GRU too multiplies its reset gate with U h
 * and bias, not h itself.
 */
const NATIVE = {
  lstm: { operator: 'LSTM', gates: [0, 3, 1, 2], attributes: {} },
  gru: { operator: 'GRU', gates: [1, 0, 2], attributes: { linear_before_reset: 1 } },
} as const;

/**
 * Writes a layer of LSTM or GRU over a sequence.
 * @param input [steps, batch, inputs]
 */
export function writeNativeLayer(
  context: LayerContext,
  cell: NativeCell,
  input: Value,
  before: State,
  names: StateNames,
): { readonly outputs: Value; readonly state: State } {
  const { graph, name, units } = context;
  const [steps = 1] = input.lengths;
  // Every value of these operators has an axis of directions, here of one: the first of states, the second of outputs.
  const [first, second] = [graph.integers(`${name}/axis_0`, [0]), graph.integers(`${name}/axis_1`, [1])];
  const withDirection = (value: Value): Value =>
    graph.node({ name: `${name}/${value.name}`, operator: 'Unsqueeze', inputs: [value, first] }, [
      1,
      ...value.lengths,
    ]);
  const withoutDirection = (to: string, value: Value, axis: typeof first, lengths: Lengths): Value =>
    graph.node({ name: to, operator: 'Squeeze', inputs: [value, axis] }, lengths);

  const outputs = floatValue(`${name}/all_h`, [steps, 1, BATCH, units]);
  const h = floatValue(`${name}/last_h`, [1, BATCH, units]);
  const c = before.c && floatValue(`${name}/last_c`, [1, BATCH, units]);
  const { operator, attributes } = NATIVE[cell];
  const lengthOfEachSequence = null; // left out: all are as long
  const states = [before.h, before.c].filter((value) => value !== null).map(withDirection);
  graph.add(
    {
      name: `${name}/${cell}`,
      operator,
      inputs: [input, ...weightsOf(context, cell), lengthOfEachSequence, ...states],
      attributes: { hidden_size: units, ...attributes },
    },
    [outputs, h, ...(c === null ? [] : [c])],
  );
  return {
    outputs: withoutDirection(`${name}/outputs`, outputs, second, [steps, BATCH, units]),
    state: {
      h: withoutDirection(names.h, h, first, [BATCH, units]),
      c: c && withoutDirection(names.c, c, first, [BATCH, units]),
    },
  };
}

/** W [1, gates · units, inputs], R [1, gates · units, units], B [1, 2 · gates · units]. */
function weightsOf({ constants, tensors }: LayerContext, cell: NativeCell) {
  const { gates, operator } = NATIVE[cell];
  const stacked = (name: string, of: readonly string[]) =>
    constants.made(
      `${tensors}.${name}/${operator}`,
      of.map((tensor) => `${tensors}.${tensor}`),
      (contents) => stack(contents.map((content) => rowsInOrder(content, gates))),
    );
  return [
    stacked('weight_ih_l0', ['weight_ih_l0']),
    stacked('weight_hh_l0', ['weight_hh_l0']),
    stacked('bias', ['bias_ih_l0', 'bias_hh_l0']),
  ];
}

/** The blocks of rows, of which there is one for each gate, in another order. */
function rowsInOrder({ shape, values }: Content, gates: readonly number[]): Content {
  const block = values.length / gates.length;
  const ordered = new Float32Array(values.length);
  for (const [to, from] of gates.entries())
    ordered.set(values.subarray(from * block, (from + 1) * block), to * block);
  return { shape, values: ordered };
}

/** One below the other, with the axis of directions before. */
function stack(contents: readonly Content[]): Content {
  const [rows = 0, ...row] = contents[0]?.shape ?? [];
  const length = contents.reduce((sum, { values }) => sum + values.length, 0);
  const values = new Float32Array(length);
  let at = 0;
  for (const content of contents) {
    values.set(content.values, at);
    at += content.values.length;
  }
  return { shape: [1, rows * contents.length, ...row], values };
}
