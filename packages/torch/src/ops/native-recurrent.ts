import { aten } from '../operator.ts';
import { Tensor } from '../tensor.ts';
import { cat } from './joining.ts';

const op = { lstm: aten('lstm', 'input'), gru: aten('gru', 'input') };

/** One layer's weights, gates stacked: 4 for an LSTM (input, forget, cell, output), 3 for a GRU (reset, update, new). */
export interface GateWeights {
  /** [gates·hidden, inputs] */
  readonly input: Tensor;
  /** [gates·hidden, hidden] */
  readonly hidden: Tensor;
  /** [gates·hidden] each */
  readonly inputBias: Tensor;
  readonly hiddenBias: Tensor;
}

/**
 * A layer of long short-term memory over a whole sequence, by the engine's own operator.
 * @param input [steps, batch, inputs]
 * @param state hidden and cell, [batch, hidden] each
 * @returns outputs [steps, batch, hidden], and the state after the last step
 */
export function lstm(
  input: Tensor,
  state: { readonly hidden: Tensor; readonly cell: Tensor },
  weights: GateWeights,
): { outputs: Tensor; hidden: Tensor; cell: Tensor } {
  const handles = op.lstm.tensors(
    input.handle,
    [state.hidden.unsqueeze(0).handle, state.cell.unsqueeze(0).handle],
    handlesOf(weights),
    true,
    1,
    0,
    learns(input),
    false,
    false,
  );
  const [outputs, hidden, cell] = handles.map((handle) => new Tensor(handle)) as [Tensor, Tensor, Tensor];
  return { outputs, hidden: hidden.squeeze(0), cell: cell.squeeze(0) };
}

/**
 * A layer of gated recurrent units over a whole sequence, by the engine's own operator: the new gate's hidden product
 * has its bias inside the reset gate, as in PyTorch.
 * @param input [steps, batch, inputs]
 * @param hidden [batch, hidden]
 * @returns outputs [steps, batch, hidden], and the state after the last step
 */
export function gru(
  input: Tensor,
  hidden: Tensor,
  weights: GateWeights,
): { outputs: Tensor; hidden: Tensor } {
  const handles = op.gru.tensors(
    input.handle,
    hidden.unsqueeze(0).handle,
    handlesOf(weights),
    true,
    1,
    0,
    learns(input),
    false,
    false,
  );
  const [outputs, last] = handles.map((handle) => new Tensor(handle)) as [Tensor, Tensor];
  return { outputs, hidden: last.squeeze(0) };
}

/** cuDNN keeps what a gradient needs in training only; on the CPU nothing depends on it without dropout. */
function learns(input: Tensor): boolean {
  return input.device !== 'cpu';
}

function handlesOf({ input, hidden, inputBias, hiddenBias }: GateWeights): number[] {
  const weights = [input, hidden, inputBias, hiddenBias];
  return (input.device.startsWith('cuda') ? inOneBlock(weights) : weights).map(({ handle }) => handle);
}

/** As views of one block of memory, the way cuDNN has them: it copies others at each call, and warns each time. */
function inOneBlock(weights: readonly Tensor[]): Tensor[] {
  const block = cat(weights.map((weight) => weight.reshape([-1])));
  let start = 0;
  return weights.map(({ shape, size }) => {
    const part = block.narrow(0, start, size).reshape(shape);
    start += size;
    return part;
  });
}
