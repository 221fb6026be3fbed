import { type Device, noGrad, scope, type Tensor, tensor } from '@nascent/torch';
import type { Pause } from '../batch-walk.ts';
import { inPrecision } from '../classifier.ts';
import type { LanguageModel, ModelState } from './language-model.ts';
import type { LanguageModelRecipe } from './recipe.ts';
import { disposeState, keepState } from './state.ts';

/** How a text is read to score it. What comes out depends on neither batch size nor number of rows. */
export interface Reading {
  /** Words of a part; null: the whole text is one, read from its first word to its last. */
  readonly part: number | null;
  /** Words before each part that are read first, and not scored, so that its state is warm. */
  readonly context: number;
}

/** Parts of 1,024 words, each after the 256 before it. */
export const IN_PARTS: Reading = { part: 1024, context: 256 };

/** The whole text word by word: exact, and slow where a part's worth of rows could be read at once. */
export const IN_ONE: Reading = { part: null, context: 0 };

/** Rows read at once, and steps between two looks at the event loop: neither changes the result. */
const ROWS = 96;
const STEPS = 64;

/**
 * exp(mean −log probability of each word but the first, given those before it), over the whole text; each word is
 * scored once. Sums in double precision. Infinite where the model gives a word no probability.
 */
export async function perplexityOf(
  model: LanguageModel,
  text: Int32Array,
  precision: LanguageModelRecipe['precision'],
  pause: Pause,
  { part, context }: Reading = IN_PARTS,
  rows = ROWS,
): Promise<number> {
  const scored = text.length - 1;
  if (scored < 1) return Number.NaN;
  const length = Math.min(part ?? scored, scored);
  const parts = Math.ceil(scored / length);
  model.eval();
  let sum = 0;
  for (let first = 0; first < parts; first += rows)
    sum += await lossOfParts(
      model,
      text,
      { first, last: Math.min(first + rows, parts), length, context },
      precision,
      pause,
    );
  model.train();
  return Math.exp(sum / scored);
}

interface Parts {
  /** Parts from `first` to before `last`. */
  readonly first: number;
  readonly last: number;
  readonly length: number;
  readonly context: number;
}

async function lossOfParts(
  model: LanguageModel,
  text: Int32Array,
  { first, last, length, context }: Parts,
  precision: LanguageModelRecipe['precision'],
  pause: Pause,
): Promise<number> {
  const batch = last - first;
  const { device } = model;
  // The word at `step` of each part; steps below 0 are context.
  const wordsAt = (from: number, count: number): Int32Array => {
    const words = new Int32Array(count * batch);
    for (let i = 0; i < count; i++)
      for (let row = 0; row < batch; row++)
        words[i * batch + row] = text[(first + row) * length + from + i] ?? 0;
    return words;
  };
  const steps = Math.min(length, text.length - 1 - first * length);
  const warm = first === 0 && batch === 1 ? 0 : context;
  let state = noGrad(() => scope(() => keepState(model.zeroState(batch))));
  let sum = 0;
  try {
    for (let from = -warm; from < steps; ) {
      await pause();
      const count = Math.min(STEPS, (from < 0 ? 0 : steps) - from);
      const [loss, after] = noGrad(() =>
        scope(() => {
          const words = asTensor(wordsAt(from, count), [count, batch], device);
          const read = inPrecision(device, precision, () => model.read(words, state));
          // The first part has nothing before it: whatever stood in its rows is forgotten.
          const ready = from + count === 0 && first === 0 ? forgetFirstRow(read.state, batch) : read.state;
          if (from < 0) return [0, keepState(ready)] as const;
          const next = asTensor(wordsAt(from + 1, count), [count, batch], device);
          const losses = inPrecision(device, precision, () => model.loss(read.outputs, next, 'none'));
          return [sumOfExisting(losses, from, count), keepState(ready)] as const;
        }),
      );
      sum += loss;
      disposeState(state);
      state = after;
      from += count;
    }
  } finally {
    disposeState(state);
  }
  return sum;

  /** Rows of the last part end before those of the others. */
  function sumOfExisting(losses: Tensor, from: number, count: number): number {
    const values = losses.toArray() as Float32Array;
    let total = 0;
    for (let i = 0; i < count; i++)
      for (let row = 0; row < batch; row++)
        if ((first + row) * length + from + i < text.length - 1) total += values[i * batch + row] as number;
    return total;
  }
}

function asTensor(words: Int32Array, shape: readonly number[], device: Device): Tensor {
  return tensor(words, { shape, dtype: 'int32' }).to('int64').to(device);
}

function forgetFirstRow(state: ModelState, batch: number): ModelState {
  const forgotten = tensor(
    Float32Array.from({ length: batch }, (_, row) => (row === 0 ? 1 : 0)),
    { shape: [batch, 1], dtype: 'bool' },
  ).to(state[0]?.hidden.device ?? 'cpu');
  // Not a product with 0: what has overflowed on a context that was made up would stay, as NaN.
  return state.map(({ hidden, cell }) => ({
    hidden: hidden.maskedFill(forgotten, 0),
    cell: cell === null ? null : cell.maskedFill(forgotten, 0),
  }));
}
