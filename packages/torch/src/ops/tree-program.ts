import { TorchError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';

/** How the two values that reach a node become one. */
export type TreeCombination = 'add' | 'multiply' | 'max';
export type TreeActivation = 'identity' | 'tanh' | 'sigmoid' | 'relu' | 'sin';

/** `activation(combination(left, right))`. */
export interface TreeOperation {
  readonly combination: TreeCombination;
  readonly activation: TreeActivation;
}

/**
 * A recurrent cell as a tree (Zoph & Le 2017, section 3.4). Nodes are numbered: the leaves, then the others in order;
 * the last is the root, whose value is the next hidden state.
 */
export interface TreeProgram {
  /** Leaf i combines the i-th products of the input and of the earlier hidden state. */
  readonly leaves: readonly TreeOperation[];
  /** `left` and `right` are the numbers of earlier nodes. */
  readonly nodes: readonly (TreeOperation & { readonly left: number; readonly right: number })[];
  /** The value of `node`, activated, meets the earlier cell state; all that read the node read the result. */
  readonly inject: TreeOperation & { readonly node: number };
  /** The node whose combined value, before its activation, is the next cell state. */
  readonly cell: number;
}

export interface RecurrentTreeOperands {
  /** [steps, batch, inputs] */
  readonly input: Tensor;
  /** The hidden state before the first step, [batch, units]. */
  readonly hidden0: Tensor;
  /** The cell state before the first step, [batch, units]. */
  readonly cell0: Tensor;
  /** [leaves · units, inputs]: rows i · units … (i + 1) · units − 1 are leaf i's. */
  readonly weightInput: Tensor;
  /** [leaves · units, units] */
  readonly weightHidden: Tensor;
  /**
   * [batch, units]: multiplies the hidden state before its products, the same at each step (variational dropout,
   * Gal & Ghahramani 2016). It gets no gradient.
   */
  readonly hiddenMask?: Tensor | null;
}

export interface RecurrentTreeResult {
  /** The hidden state after each step, [steps, batch, units]. */
  readonly outputs: Tensor;
  /** After the last step, [batch, units]. */
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

const combinations: Readonly<Record<TreeCombination, number>> = { add: 0, multiply: 1, max: 2 };
const activations: Readonly<Record<TreeActivation, number>> = {
  identity: 0,
  tanh: 1,
  sigmoid: 2,
  relu: 3,
  sin: 4,
};

/** The numbers that the addon reads (tree.cc). */
export function encoded({ leaves, nodes, inject, cell }: TreeProgram): number[] {
  const operation = ({ combination, activation }: TreeOperation): [number, number] => [
    combinations[combination],
    activations[activation],
  ];
  return [
    leaves.length,
    ...leaves.flatMap(operation),
    nodes.length,
    ...nodes.flatMap((node) => [node.left, node.right, ...operation(node)]),
    inject.node,
    ...operation(inject),
    cell,
  ];
}

/** @throws TorchError BAD_ARGUMENT */
function checkProgram({ leaves, nodes, inject, cell }: TreeProgram): void {
  const size = leaves.length + nodes.length;
  if (leaves.length === 0) refuse('a tree needs at least one leaf, found none');
  const operation = (what: string, { combination, activation }: TreeOperation): void => {
    if (!Object.hasOwn(combinations, combination)) {
      refuse(
        `${what} has the combination '${combination}'; known are ${Object.keys(combinations).join(', ')}`,
      );
    }
    if (!Object.hasOwn(activations, activation)) {
      refuse(`${what} has the activation '${activation}'; known are ${Object.keys(activations).join(', ')}`);
    }
  };
  const index = (what: string, found: number, limit: number): void => {
    if (!Number.isInteger(found) || found < 0 || found >= limit) {
      refuse(`${what} must be a node from 0 to ${limit - 1}, found ${found}`);
    }
  };
  for (const [i, leaf] of leaves.entries()) operation(`leaf ${i}`, leaf);
  for (const [i, node] of nodes.entries()) {
    const number = leaves.length + i;
    operation(`node ${number}`, node);
    index(`the left side of node ${number}`, node.left, number);
    index(`the right side of node ${number}`, node.right, number);
  }
  operation('the injection', inject);
  index("the injection's node", inject.node, size);
  index("the cell state's node", cell, size);
}

/** @throws TorchError BAD_ARGUMENT */
export function checkOperands(program: TreeProgram, operands: RecurrentTreeOperands): void {
  checkProgram(program);
  const { input, hidden0, cell0, weightInput, weightHidden, hiddenMask = null } = operands;
  const [steps = 0, batch = 0, inputs = 0] = input.shape;
  const units = hidden0.shape[1] ?? 0;
  if (input.shape.length !== 3 || Math.min(steps, batch, inputs) === 0) {
    refuse(`input is [steps, batch, inputs], at least one of each; found [${input.shape.join(', ')}]`);
  }
  if (units === 0) refuse(`hidden0 is [batch, units]; found [${hidden0.shape.join(', ')}]`);
  const expect = (name: string, { shape }: Tensor, expected: readonly number[]): void => {
    if (shape.length === expected.length && shape.every((length, i) => length === expected[i])) return;
    refuse(`${name} must be [${expected.join(', ')}] here; found [${shape.join(', ')}]`);
  };
  const rows = program.leaves.length * units;
  expect('hidden0', hidden0, [batch, units]);
  expect('cell0', cell0, [batch, units]);
  expect('weightInput', weightInput, [rows, inputs]);
  expect('weightHidden', weightHidden, [rows, units]);
  if (hiddenMask !== null) expect('hiddenMask', hiddenMask, [batch, units]);
}

function refuse(problem: string): never {
  throw new TorchError('BAD_ARGUMENT', `recurrentTree: ${problem}`);
}
