import { noGrad, scope, tensor } from '@nascent/torch';
import type { RandomStream } from '../../random.ts';
import type { LanguageModel } from './language-model.ts';
import { disposeState, keepState } from './state.ts';

export interface GenerateOptions {
  /** How many words to write. */
  readonly length: number;
  /** Below 1 likely words become likelier still; above 0. */
  readonly temperature: number;
  readonly random: RandomStream;
  /** Words that are never written, for example the unknown word. */
  readonly never?: readonly number[];
}

/**
 * Writes on: draws word after word from the model, each after all before it.
 * @param prompt word indices, at least one
 * @returns the words written, without the prompt
 */
export function generate(
  model: LanguageModel,
  prompt: Int32Array,
  { length, temperature, random, never = [] }: GenerateOptions,
): Int32Array {
  if (prompt.length === 0) throw new RangeError('generate: the prompt is empty; give at least one word');
  model.eval();
  const written = new Int32Array(length);
  let state = noGrad(() => scope(() => keepState(model.zeroState(1))));
  let words: Int32Array = prompt;
  try {
    for (let i = 0; i < length; i++) {
      const [logits, after] = noGrad(() =>
        scope(() => {
          const read = model.read(
            tensor(words, { shape: [words.length, 1], dtype: 'int32' })
              .to('int64')
              .to(model.device),
            state,
          );
          const last = read.outputs.select(0, words.length - 1);
          return [model.logits(last).toArray() as Float32Array, keepState(read.state)] as const;
        }),
      );
      disposeState(state);
      state = after;
      const word = draw(logits, temperature, random, never);
      written[i] = word;
      words = Int32Array.of(word);
    }
  } finally {
    disposeState(state);
    model.train();
  }
  return written;
}

/** One index, by softmax(logits ÷ temperature). */
function draw(
  logits: Float32Array,
  temperature: number,
  random: RandomStream,
  never: readonly number[],
): number {
  for (const word of never) logits[word] = -Infinity;
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [word, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return word;
  }
  return weights.lastIndexOf(weights.reduce((a, b) => Math.max(a, b), 0));
}
