import { assertNever } from '../../../assert-never.ts';
import {
  type Activation,
  type CellNode,
  type Combination,
  type RecurrentCellArchitecture,
  treeOf,
} from '../../../search-space/index.ts';
import { BATCH, floatValue, type OnnxGraph, type Value } from '../graph.ts';

/** What one step of a tree reads. */
export interface StepInputs {
  /** W x of all leaves, one beside the other: [batch, base · units]. */
  readonly ofInput: Value;
  /** U h of all leaves likewise. */
  readonly ofHidden: Value;
  readonly c: Value;
  readonly units: number;
}

/**
 * Writes one step of a cell (Zoph & Le 2017, §3.4), node by node, under the names of the equations that `nascent show`
 * prints: `n8/elem_mult`, `n8/tanh`, and `n8/inject/add`, … where the memory enters.
 * @param prefix of all names
 * @returns h′ and c′; either may be the value of a node that is something else too
 */
export function writeTreeStep(
  graph: OnnxGraph,
  prefix: string,
  { base, nodes, inject, cellIndex, injectIndex }: RecurrentCellArchitecture,
  { ofInput, ofHidden, c, units }: StepInputs,
): { readonly h: Value; readonly c: Value } {
  const wx = split(graph, `${prefix}/wx`, ofInput, base, units);
  const uh = split(graph, `${prefix}/uh`, ofHidden, base, units);
  const { children, root } = treeOf(base);
  const read: Value[] = [];
  let memory = c;
  for (const [i, node] of nodes.entries()) {
    const name = `${prefix}/n${i}`;
    const [left, right] = children[i - base] ?? [];
    const joined =
      left === undefined || right === undefined
        ? combined(graph, name, node, wx[i], uh[i])
        : combined(graph, name, node, read[left], read[right]);
    if (i === cellIndex) memory = joined;
    const value = activated(graph, name, node, joined);
    const injected = `${name}/inject`;
    read.push(
      i === injectIndex
        ? activated(graph, injected, inject, combined(graph, injected, inject, value, c))
        : value,
    );
  }
  return { h: there(read[root]), c: memory };
}

/** One value for each leaf: without the input `split` an axis is cut into as many equal parts as there are outputs. */
function split(graph: OnnxGraph, name: string, input: Value, base: number, units: number): readonly Value[] {
  const outputs = Array.from({ length: base }, (_, i) => floatValue(`${name}${i}`, [BATCH, units]));
  graph.add({ name: `${name}/split`, operator: 'Split', inputs: [input], attributes: { axis: 1 } }, outputs);
  return outputs;
}

function combined(
  graph: OnnxGraph,
  name: string,
  { combination }: CellNode,
  left: Value | undefined,
  right: Value | undefined,
): Value {
  const inputs = [there(left), there(right)];
  const operator = combiningOperator(combination);
  return graph.node({ name: `${name}/${combination}`, operator, inputs }, there(left).lengths);
}

function activated(graph: OnnxGraph, name: string, { activation }: CellNode, value: Value): Value {
  const operator = activatingOperator(activation);
  if (operator === null) return value;
  return graph.node({ name: `${name}/${activation}`, operator, inputs: [value] }, value.lengths);
}

function combiningOperator(combination: Combination): string {
  switch (combination) {
    case 'add':
      return 'Add';
    case 'elem_mult':
      return 'Mul';
    case 'max':
      return 'Max';
    default:
      return assertNever(combination);
  }
}

function activatingOperator(activation: Activation): string | null {
  switch (activation) {
    case 'identity':
      return null;
    case 'tanh':
      return 'Tanh';
    case 'sigmoid':
      return 'Sigmoid';
    case 'relu':
      return 'Relu';
    case 'sin':
      return 'Sin';
    default:
      return assertNever(activation);
  }
}

function there(value: Value | undefined): Value {
  if (value === undefined) throw new RangeError('a node of the cell reads one that is not there');
  return value;
}
