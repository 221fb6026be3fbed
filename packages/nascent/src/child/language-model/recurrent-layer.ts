import {
  empty,
  gru,
  lstm,
  Module,
  recurrentTree,
  type Tensor,
  type TreeProgram,
  zeros,
} from '@nascent/torch';
import type { NativeCell, RecurrentArchitecture } from '../../search-space/index.ts';
import { compileCell } from './compile-cell.ts';

/** What a layer hands from one step to the next: [batch, hidden] each. */
export interface LayerState {
  readonly hidden: Tensor;
  /** c; of a GRU, which has none, empty. */
  readonly cell: Tensor | null;
}

/** A recurrent layer over a whole sequence. */
export interface RecurrentLayer extends Module {
  /** Zeros. */
  zeroState(batch: number): LayerState;
  /**
   * @param input [steps, batch, hidden]
   * @param hiddenMask [batch, hidden]: what the hidden state is multiplied by on its way into each step; null: as it is
   * @returns outputs [steps, batch, hidden] and the state after the last step
   */
  forward(
    input: Tensor,
    state: LayerState,
    hiddenMask: Tensor | null,
  ): { readonly outputs: Tensor; readonly state: LayerState };
}

/** @returns uninitialised: whoever builds the model draws its weights */
export function recurrentLayer(cell: RecurrentArchitecture, hidden: number): RecurrentLayer {
  return cell.kind === 'recurrent-cell'
    ? new TreeLayer(compileCell(cell), hidden)
    : new NativeLayer(cell.cell, hidden);
}

/**
 * A layer of a tree cell (Zoph & Le 2017, §3.4). Parameters: `weight_input` [b·hidden, hidden] and `weight_hidden`
 * [b·hidden, hidden]; rows i·hidden to (i+1)·hidden are W and U of leaf i.
 */
class TreeLayer extends Module implements RecurrentLayer {
  readonly #program: TreeProgram;
  readonly #hidden: number;
  readonly #input: Tensor;
  readonly #recurrent: Tensor;

  constructor(program: TreeProgram, hidden: number) {
    super();
    this.#program = program;
    this.#hidden = hidden;
    const shape = [program.leaves.length * hidden, hidden];
    this.#input = this.parameter('weight_input', empty(shape));
    this.#recurrent = this.parameter('weight_hidden', empty(shape));
  }

  zeroState(batch: number): LayerState {
    return zeroState(this.#recurrent, batch, this.#hidden, true);
  }

  forward(input: Tensor, state: LayerState, hiddenMask: Tensor | null) {
    const { outputs, hidden, cell } = recurrentTree(this.#program, {
      input,
      hidden0: state.hidden,
      cell0: state.cell ?? state.hidden,
      weightInput: this.#input,
      weightHidden: this.#recurrent,
      hiddenMask,
    });
    return { outputs, state: { hidden, cell } };
  }
}

/** PyTorch's `nn.LSTM` or `nn.GRU` of one layer, with its parameters' names. */
class NativeLayer extends Module implements RecurrentLayer {
  readonly #cell: NativeCell;
  readonly #hidden: number;
  readonly #input: Tensor;
  readonly #recurrent: Tensor;
  readonly #inputBias: Tensor;
  readonly #hiddenBias: Tensor;

  constructor(cell: NativeCell, hidden: number) {
    super();
    this.#cell = cell;
    this.#hidden = hidden;
    const gates = (cell === 'lstm' ? 4 : 3) * hidden;
    this.#input = this.parameter('weight_ih_l0', empty([gates, hidden]));
    this.#recurrent = this.parameter('weight_hh_l0', empty([gates, hidden]));
    this.#inputBias = this.parameter('bias_ih_l0', empty([gates]));
    this.#hiddenBias = this.parameter('bias_hh_l0', empty([gates]));
  }

  zeroState(batch: number): LayerState {
    return zeroState(this.#recurrent, batch, this.#hidden, this.#cell === 'lstm');
  }

  /**
   * The engine's layers multiply the hidden state by their weights themselves, so the mask drops columns of those:
   * one mask for the whole batch, where a tree's layer has one for each of its rows.
   */
  forward(input: Tensor, state: LayerState, hiddenMask: Tensor | null) {
    const hidden = hiddenMask === null ? this.#recurrent : this.#recurrent.mul(hiddenMask.narrow(0, 0, 1));
    const weights = {
      input: this.#input,
      hidden,
      inputBias: this.#inputBias,
      hiddenBias: this.#hiddenBias,
    };
    if (state.cell === null) {
      const after = gru(input, state.hidden, weights);
      return { outputs: after.outputs, state: { hidden: after.hidden, cell: null } };
    }
    const after = lstm(input, { hidden: state.hidden, cell: state.cell }, weights);
    return { outputs: after.outputs, state: { hidden: after.hidden, cell: after.cell } };
  }
}

function zeroState(like: Tensor, batch: number, hidden: number, withCell: boolean): LayerState {
  const { device, dtype } = like;
  const make = () => zeros([batch, hidden], { device, dtype });
  return { hidden: make(), cell: withCell ? make() : null };
}
