import { cat, lstmCell, stack, type Tensor, tensor, zeros } from '@nascent/torch';
import type { Controller } from './controller.ts';

/** The flat vector seen as named weights. The tensors are views: made in the caller's scope, freed with it. */
export interface Weights {
  readonly lstm: readonly LstmWeights[];
  /** [1 + columns + 1, H]: the learned first input, every option's embedding, zeros (`layout.ts`). */
  readonly inputTable: Tensor;
  /** [columns, H] and [columns]; null in a space without choices. */
  readonly head: { readonly weight: Tensor; readonly bias: Tensor } | null;
  readonly anchors: ReadonlyMap<string, AnchorWeights>;
}

export interface LstmWeights {
  readonly inputWeight: Tensor;
  readonly hiddenWeight: Tensor;
  readonly bias: Tensor;
}

/** §3.3: P(j → i) = sigmoid(vᵀ tanh(W_prev h_j + W_curr h_i)); `inputProjection` leads back into the LSTM. */
export interface AnchorWeights {
  readonly previousWeight: Tensor;
  readonly currentWeight: Tensor;
  readonly vector: Tensor;
  readonly inputProjection: Tensor;
}

/** Cuts the flat vector with one split, whose gradient is one concatenation. */
export function weightsOf({ layout, parameters }: Controller): Weights {
  const sizes = layout.slots.map((slot) => slot.size);
  const pieces = parameters.split(sizes);
  const named = new Map(
    layout.slots.map((slot, at) => [slot.name, pieceAt(pieces, at).reshape([...slot.shape])]),
  );
  const weight = (name: string): Tensor => {
    const found = named.get(name);
    if (found === undefined) throw new Error(`the controller's layout has no weight "${name}"`);
    return found;
  };
  const choices = [...layout.choices.keys()];
  const hidden = layout.config.hiddenSize;
  return {
    lstm: Array.from({ length: layout.config.layers }, (_, layer) => ({
      inputWeight: weight(`lstm.${layer}.inputWeight`),
      hiddenWeight: weight(`lstm.${layer}.hiddenWeight`),
      bias: weight(`lstm.${layer}.bias`),
    })),
    inputTable: cat(
      [
        weight('start'),
        ...choices.map((name) => weight(`${name}.embedding`)),
        zeros([1, hidden], { dtype: parameters.dtype, device: parameters.device }),
      ],
      0,
    ),
    head:
      choices.length === 0
        ? null
        : {
            weight: cat(
              choices.map((name) => weight(`${name}.headWeight`)),
              0,
            ),
            bias: cat(
              choices.map((name) => weight(`${name}.headBias`)),
              0,
            ),
          },
    anchors: new Map(
      layout.anchors.map((name) => [
        name,
        {
          previousWeight: weight(`${name}.previousWeight`),
          currentWeight: weight(`${name}.currentWeight`),
          vector: weight(`${name}.vector`),
          inputProjection: weight(`${name}.inputProjection`),
        },
      ]),
    ),
  };
}

/** Hidden and cell state of each layer, [B, H] each. */
export type LstmState = readonly { readonly hidden: Tensor; readonly cell: Tensor }[];

export function initialState({ layout, parameters }: Controller, batch: number): LstmState {
  const nothing = zeros([batch, layout.config.hiddenSize], {
    dtype: parameters.dtype,
    device: parameters.device,
  });
  return Array.from({ length: layout.config.layers }, () => ({ hidden: nothing, cell: nothing }));
}

/** One time step of the stacked LSTM for all rows. `input` is [B, H]. */
export function advance(weights: Weights, state: LstmState, input: Tensor): LstmState {
  let below = input;
  return weights.lstm.map(({ inputWeight, hiddenWeight, bias }, layer) => {
    const before = state[layer];
    if (before === undefined) throw new Error(`the LSTM state has no layer ${layer}`);
    const next = lstmCell(below, before, { input: inputWeight, hidden: hiddenWeight, inputBias: bias });
    below = next.hidden;
    return next;
  });
}

/** The top layer's hidden state [B, H]: what heads and anchors read. */
export function topOf(state: LstmState): Tensor {
  const top = state.at(-1);
  if (top === undefined) throw new Error('an LSTM needs at least one layer');
  return top.hidden;
}

/**
 * The input after anchor steps: the learned projection of the mean of the chosen anchors' states, [B, H].
 * @param states N tensors [B, H]
 * @param meanWeights [N × B] row-major: 1/|chosen| where row b chose state n, else 0; a row without a choice,
 *   or whose last step was no anchor step, gets zeros
 */
export function anchorInput(
  anchor: AnchorWeights,
  states: readonly Tensor[],
  meanWeights: Float64Array,
): Tensor {
  const stacked = stack([...states], 0);
  const weights = floating(meanWeights, [states.length, meanWeights.length / states.length, 1], stacked);
  return stacked.mul(weights).sum([0]).matmul(anchor.inputProjection.t());
}

/** Host numbers as a tensor of the dtype and device of another. */
export function floating(values: Float64Array, shape: readonly number[], like: Tensor): Tensor {
  const { dtype, device } = like;
  return tensor(dtype === 'float64' ? values : Float32Array.from(values), {
    shape: [...shape],
    dtype,
    device,
  });
}

/** Host indices as an int64 tensor on the device of another. */
export function indices(values: readonly number[], like: Tensor): Tensor {
  return tensor(Int32Array.from(values), { dtype: 'int64', device: like.device });
}

function pieceAt(pieces: readonly Tensor[], at: number): Tensor {
  const piece = pieces[at];
  if (piece === undefined) throw new Error(`the split returned ${pieces.length} pieces, too few`);
  return piece;
}
