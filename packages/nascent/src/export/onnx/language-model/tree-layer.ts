import type { RecurrentCellArchitecture } from '../../../search-space/index.ts';
import { BATCH, floatValue, type Value } from '../graph.ts';
import type { LayerContext, StateNames } from './layer.ts';
import { writeTreeStep } from './tree-step.ts';

/** The state of a tree, which always has a c. */
interface TreeState {
  readonly h: Value;
  readonly c: Value;
}

/**
 * Writes a layer of a tree over a sequence: the products of all steps with the input as one, then a loop (`Scan`) over
 * the steps.
 * @param input [steps, batch, inputs]
 */
export function writeTreeLayer(
  { graph, constants, name, tensors, units }: LayerContext,
  cell: RecurrentCellArchitecture,
  input: Value,
  before: TreeState,
  names: StateNames,
): { readonly outputs: Value; readonly state: TreeState } {
  const [steps = 1] = input.lengths;
  const [, inputs = 0] = constants.weights(`${tensors}.weight_input`).shape;
  const width = cell.base * units;
  const transposed = graph.node(
    {
      name: `${name}/weight_input`,
      operator: 'Transpose',
      inputs: [constants.weights(`${tensors}.weight_input`)],
      attributes: { perm: [1, 0] },
    },
    [inputs, width],
  );
  const products = graph.node({ name: `${name}/wx`, operator: 'MatMul', inputs: [input, transposed] }, [
    steps,
    BATCH,
    width,
  ]);
  const hidden = constants.weights(`${tensors}.weight_hidden`);

  const step = `${name}/step`;
  const [h, c] = [floatValue(`${step}/h`, [BATCH, units]), floatValue(`${step}/c`, [BATCH, units])];
  const ofInput = floatValue(`${step}/wx`, [BATCH, width]);
  const body = graph.body([h, c, ofInput]);
  const ofHidden = body.node(
    { name: `${step}/uh`, operator: 'Gemm', inputs: [h, hidden], attributes: { transB: 1 } },
    [BATCH, width],
  );
  const after = writeTreeStep(body, step, cell, { ofInput, ofHidden, c, units });
  // A graph's outputs are values of their own; one value of the tree may be several of them.
  const copy = (of: Value, to: string) =>
    body.node({ name: `${step}/${to}`, operator: 'Identity', inputs: [of] }, of.lengths);
  const given = [copy(after.h, 'next_h'), copy(after.c, 'next_c'), copy(after.h, 'output')];

  const state = { h: floatValue(names.h, [BATCH, units]), c: floatValue(names.c, [BATCH, units]) };
  const outputs = floatValue(`${name}/outputs`, [steps, BATCH, units]);
  graph.add(
    {
      name: `${name}/scan`,
      operator: 'Scan',
      inputs: [before.h, before.c, products],
      attributes: {
        body: {
          graph: body.toProto(
            step,
            given.map((value) => ({ value, docs: '' })),
          ),
        },
        num_scan_inputs: 1,
      },
    },
    [state.h, state.c, outputs],
  );
  return { outputs, state };
}
