import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { stack } from './joining.ts';
import {
  checkOperands,
  type RecurrentTreeOperands,
  type RecurrentTreeResult,
  type TreeActivation,
  type TreeCombination,
  type TreeOperation,
  type TreeProgram,
} from './tree-program.ts';

const combine: Readonly<Record<TreeCombination, (left: Tensor, right: Tensor) => Tensor>> = {
  add: (left, right) => left.add(right),
  multiply: (left, right) => left.mul(right),
  max: (left, right) => left.maximum(right),
};

const activate: Readonly<Record<TreeActivation, (value: Tensor) => Tensor>> = {
  identity: (value) => value,
  tanh: (value) => value.tanh(),
  sigmoid: (value) => value.sigmoid(),
  relu: (value) => value.relu(),
  sin: (value) => value.sin(),
};

/**
 * `recurrentTree` from tensor operations, for every dtype and device; it can be differentiated again. The products of
 * all steps with the input are one.
 * @throws TorchError BAD_ARGUMENT for a program that is none, and for shapes that do not fit
 */
export function recurrentTreeEager(
  program: TreeProgram,
  operands: RecurrentTreeOperands,
): RecurrentTreeResult {
  checkOperands(program, operands);
  return scope(() => {
    const ofInput = operands.input.matmul(operands.weightInput.t()).unbind(0);
    const weight = operands.weightHidden.t();
    const mask = operands.hiddenMask?.detach() ?? null;
    let [hidden, cell] = [operands.hidden0, operands.cell0];
    const outputs = ofInput.map((products) => {
      const ofHidden = (mask === null ? hidden : hidden.mul(mask)).matmul(weight);
      [hidden, cell] = step(program, products, ofHidden, cell);
      return hidden;
    });
    // Copies where a state is somebody else's tensor too, so that whoever gets it owns it.
    return { outputs: stack(outputs), hidden: hidden.clone(), cell: cell.clone() };
  });
}

/**
 * The next hidden and cell state.
 * @param ofInput products of all leaves, [batch, leaves · units]
 * @param ofHidden the same with the hidden state
 * @param cell [batch, units]
 */
function step(
  { leaves, nodes, inject, cell: cellNode }: TreeProgram,
  ofInput: Tensor,
  ofHidden: Tensor,
  cell: Tensor,
): [Tensor, Tensor] {
  const [left, right] = [ofInput.chunk(leaves.length, 1), ofHidden.chunk(leaves.length, 1)];
  const values: Tensor[] = [];
  let nextCell = cell;
  const append = (node: TreeOperation, a: Tensor, b: Tensor): void => {
    const number = values.length;
    const combined = combine[node.combination](a, b);
    if (number === cellNode) nextCell = combined;
    const value = activate[node.activation](combined);
    const injected = (): Tensor => activate[inject.activation](combine[inject.combination](value, cell));
    values.push(number === inject.node ? injected() : value);
  };
  for (const [i, leaf] of leaves.entries()) append(leaf, left[i] as Tensor, right[i] as Tensor);
  for (const node of nodes) append(node, values[node.left] as Tensor, values[node.right] as Tensor);
  return [values.at(-1) as Tensor, nextCell];
}
