import type { StoredLanguageModel } from '../../../child/language-model/index.ts';
import type { RecurrentArchitecture } from '../../../search-space/index.ts';
import { BATCH, type Described, floatValue, OnnxGraph, type Value } from '../graph.ts';
import { encodeModel } from '../model-proto.ts';
import { constantsOf } from '../weights.ts';
import type { LayerContext, State } from './layer.ts';
import { writeNativeLayer } from './native-layer.ts';
import { writeTreeStep } from './tree-step.ts';

const NEXT = { h: 'next_h', c: 'next_c' } as const;

/**
 * One step of the first layer of a language model as an ONNX file.
 *
 * Inputs: float32 `x` [batch, inputs], `h` and `c` [batch, units]. Outputs: `next_h` and `next_c`, alike. A GRU has
 * neither `c` nor `next_c`. The nodes of a tree are named after its equations: `n8/tanh`.
 */
export function onnxCell({ facts, state }: StoredLanguageModel): Uint8Array {
  const { architecture, shape, dataset, tokens } = facts;
  const units = shape.hidden;
  const [x, h, c] = ['x', 'h', 'c'].map((name) => floatValue(name, [BATCH, units])) as [Value, Value, Value];
  const before: State = { h, c: hasMemory(architecture) ? c : null };
  const graph = new OnnxGraph([
    { value: x, docs: `float32 [batch, ${units}]: what the first layer reads` },
    ...described(before, units, 'before the step'),
  ]);
  const context = { graph, constants: constantsOf(graph, state), name: 'cell', tensors: 'layers.1', units };
  const after = writeStep(context, architecture, x, before);
  return encodeModel(graph.toProto('cell', described(after, units, 'after it')), {
    docs: `One step of a recurrent cell, the first layer of a language model that was trained on ${dataset}.`,
    about: { architecture: JSON.stringify(architecture), tokens },
  });
}

function writeStep(context: LayerContext, cell: RecurrentArchitecture, x: Value, before: State): State {
  const { graph, constants, tensors, units } = context;
  if (cell.kind === 'native-cell') {
    const first = graph.integers('axis', [0]);
    const sequence = graph.node({ name: 'cell/x', operator: 'Unsqueeze', inputs: [x, first] }, [
      1,
      BATCH,
      units,
    ]);
    return writeNativeLayer(context, cell.cell, sequence, before, NEXT).state;
  }
  if (before.c === null) throw new RangeError('a tree has a memory');
  const product = (name: string, of: Value, weight: string): Value =>
    graph.node(
      {
        name,
        operator: 'Gemm',
        inputs: [of, constants.weights(`${tensors}.${weight}`)],
        attributes: { transB: 1 },
      },
      [BATCH, cell.base * units],
    );
  const after = writeTreeStep(graph, 'cell', cell, {
    ofInput: product('cell/wx', x, 'weight_input'),
    ofHidden: product('cell/uh', before.h, 'weight_hidden'),
    c: before.c,
    units,
  });
  const copy = (name: string, of: Value) =>
    graph.node({ name, operator: 'Identity', inputs: [of] }, of.lengths);
  return { h: copy(NEXT.h, after.h), c: copy(NEXT.c, after.c) };
}

/** Whether a cell hands on a c beside h. */
export function hasMemory(cell: RecurrentArchitecture): boolean {
  return cell.kind === 'recurrent-cell' || cell.cell === 'lstm';
}

/** The values of a state, for the reader of the file. */
export function described({ h, c }: State, units: number, when: string): readonly Described[] {
  return [h, c]
    .filter((value) => value !== null)
    .map((value) => ({ value, docs: `float32 [batch, ${units}], ${when}` }));
}
