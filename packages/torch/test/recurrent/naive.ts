import {
  linear,
  type RecurrentTreeOperands,
  type RecurrentTreeResult,
  stack,
  type Tensor,
  type TreeOperation,
  type TreeProgram,
} from '@nascent/torch';

function apply({ combination, activation }: TreeOperation, left: Tensor, right: Tensor): Tensor {
  const combined = combineOnly(combination, left, right);
  return activation === 'identity' ? combined : combined[activation]();
}
function combineOnly(combination: TreeOperation['combination'], left: Tensor, right: Tensor): Tensor {
  if (combination === 'add') return left.add(right);
  return combination === 'multiply' ? left.mul(right) : left.maximum(right);
}

/** `recurrentTree` as one would write it down first: two products for every leaf and step. */
export function recurrentTreeNaive(
  { leaves, nodes, inject, cell: cellNode }: TreeProgram,
  { input, hidden0, cell0, weightInput, weightHidden, hiddenMask }: RecurrentTreeOperands,
): RecurrentTreeResult {
  const [ofInput, ofHidden] = [weightInput.chunk(leaves.length, 0), weightHidden.chunk(leaves.length, 0)];
  let [hidden, cell] = [hidden0, cell0];
  const outputs: Tensor[] = [];
  for (const x of input.unbind(0)) {
    const masked = hiddenMask ? hidden.mul(hiddenMask) : hidden;
    const values: Tensor[] = [];
    let next = cell;
    for (const [i, node] of [...leaves, ...nodes].entries()) {
      const inner = nodes[i - leaves.length];
      const left = inner ? values[inner.left] : linear(x, ofInput[i] as Tensor);
      const right = inner ? values[inner.right] : linear(masked, ofHidden[i] as Tensor);
      if (i === cellNode) next = combineOnly(node.combination, left as Tensor, right as Tensor);
      const value = apply(node, left as Tensor, right as Tensor);
      values.push(i === inject.node ? apply(inject, value, cell) : value);
    }
    [hidden, cell] = [values.at(-1) as Tensor, next];
    outputs.push(hidden);
  }
  return { outputs: stack(outputs), hidden, cell };
}
