import { empty, zeros } from '../creation.ts';
import { lstmCell } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './base-module.ts';
import { uniform_ } from './init.ts';
import { type ParameterOptions, placement } from './parameter-options.ts';

/** What an LSTM hands from one step to the next: both [batch, hidden]. */
export interface LSTMState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

export interface LSTMCellOptions extends ParameterOptions {
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * One step of a long short-term memory (Hochreiter & Schmidhuber 1997), without peepholes:
 *
 *     i = σ(W_ii x + b_ii + W_hi h + b_hi)      f = σ(W_if x + b_if + W_hf h + b_hf)
 *     g = tanh(W_ig x + b_ig + W_hg h + b_hg)   o = σ(W_io x + b_io + W_ho h + b_ho)
 *     c′ = f ∘ c + i ∘ g                        h′ = o ∘ tanh(c′)
 *
 * Parameters, with the gates stacked in the order i, f, g, o as in PyTorch: `weight_ih` [4·hidden, inputs],
 * `weight_hh` [4·hidden, hidden], `bias_ih` and `bias_hh` [4·hidden].
 */
export class LSTMCell extends Module {
  readonly hiddenSize: number;
  readonly weightInput: Tensor;
  readonly weightHidden: Tensor;
  readonly biasInput: Tensor | null;
  readonly biasHidden: Tensor | null;

  constructor(inputs: number, hidden: number, options: LSTMCellOptions = {}) {
    super();
    this.hiddenSize = hidden;
    const bound = 1 / Math.sqrt(hidden);
    const make = (shape: readonly number[]) =>
      uniform_(empty(shape, placement(options)), -bound, bound, options.generator);
    this.weightInput = this.parameter('weight_ih', make([4 * hidden, inputs]));
    this.weightHidden = this.parameter('weight_hh', make([4 * hidden, hidden]));
    const withBias = options.bias !== false;
    this.biasInput = withBias ? this.parameter('bias_ih', make([4 * hidden])) : null;
    this.biasHidden = withBias ? this.parameter('bias_hh', make([4 * hidden])) : null;
  }

  /** The state before the first step: zeros. */
  initialState(batch: number): LSTMState {
    const { dtype, device } = this.weightHidden;
    const shape = [batch, this.hiddenSize];
    return { hidden: zeros(shape, { dtype, device }), cell: zeros(shape, { dtype, device }) };
  }

  /**
   * @param input [batch, inputs]
   * @param state default: `initialState(batch)`
   */
  forward(input: Tensor, state: LSTMState = this.initialState(input.shape[0] ?? 0)): LSTMState {
    return lstmCell(input, state, {
      input: this.weightInput,
      hidden: this.weightHidden,
      inputBias: this.biasInput,
      hiddenBias: this.biasHidden,
    });
  }
}
