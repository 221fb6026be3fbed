import { empty } from '../creation.ts';
import type { Generator } from '../generator.ts';
import { aten } from '../operator.ts';
import { noGrad } from '../scope.ts';
import { Tensor } from '../tensor.ts';

const op = {
  linear: aten('linear'),
  addmm: aten('addmm'),
  bmm: aten('bmm'),
  einsum: aten('einsum'),
  embedding: aten('embedding'),
  dropout: aten('dropout'),
  oneHot: aten('one_hot'),
  lstmCell: aten('lstm_cell'),
};

/** input · weightᵀ + bias. @param input […, in] @param weight [out, in] @param bias [out] @returns […, out] */
export function linear(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return new Tensor(op.linear.tensor(input.handle, weight.handle, bias?.handle ?? null));
}

/** base + a · b, for matrices. */
export function addmm(base: Tensor, a: Tensor, b: Tensor): Tensor {
  return new Tensor(op.addmm.tensor(base.handle, a.handle, b.handle));
}

/** Batched matrix product, [batch, n, m] · [batch, m, p]. */
export function bmm(a: Tensor, b: Tensor): Tensor {
  return new Tensor(op.bmm.tensor(a.handle, b.handle));
}

/** Einstein's summation, for example `einsum('bi,bj->bij', [a, b])`. */
export function einsum(equation: string, operands: readonly Tensor[]): Tensor {
  return new Tensor(
    op.einsum.tensor(
      equation,
      operands.map((operand) => operand.handle),
    ),
  );
}

/** Rows of a table. @param weight [rows, width] @param indices int64 […] @returns […, width] */
export function embedding(weight: Tensor, indices: Tensor): Tensor {
  return new Tensor(op.embedding.tensor(weight.handle, indices.handle));
}

/** int64 […] → int64 […, classes]. */
export function oneHot(indices: Tensor, classes: number): Tensor {
  return new Tensor(op.oneHot.tensor(indices.handle, classes));
}

/**
 * Sets a share of the elements to zero and scales the others by 1 ÷ (1 − probability).
 * @param training without it the input comes back unchanged
 * @param generator draws the mask; default: libtorch's global generator
 */
export function dropout(
  input: Tensor,
  probability: number,
  training: boolean,
  generator?: Generator,
): Tensor {
  if (generator === undefined || !training || probability === 0 || probability === 1) {
    return new Tensor(op.dropout.tensor(input.handle, probability, training));
  }
  const stays = 1 - probability;
  const mask = noGrad(() => {
    const drawn = empty(input.shape, { dtype: input.dtype, device: input.device });
    return drawn.bernoulli_(stays, generator).mul_(1 / stays);
  });
  return input.mul(mask);
}

/**
 * One step of an LSTM (gates in the order input, forget, cell, output).
 * @param input [batch, in]
 * @param state hidden and cell, [batch, hidden] each
 * @param weights input [4·hidden, in], hidden [4·hidden, hidden], biases [4·hidden]
 */
export function lstmCell(
  input: Tensor,
  state: { readonly hidden: Tensor; readonly cell: Tensor },
  weights: {
    readonly input: Tensor;
    readonly hidden: Tensor;
    readonly inputBias?: Tensor | null;
    readonly hiddenBias?: Tensor | null;
  },
): { hidden: Tensor; cell: Tensor } {
  const [hidden, cell] = op.lstmCell.tensors(
    input.handle,
    [state.hidden.handle, state.cell.handle],
    weights.input.handle,
    weights.hidden.handle,
    weights.inputBias?.handle ?? null,
    weights.hiddenBias?.handle ?? null,
  );
  return { hidden: new Tensor(hidden as number), cell: new Tensor(cell as number) };
}
