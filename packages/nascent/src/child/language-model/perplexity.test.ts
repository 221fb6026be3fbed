import { constant_, liveTensors, noGrad, scope, tensor } from '@nascent/torch';
import { afterEach, describe, expect, it } from 'vitest';
import { countingText, knownCell } from '../../../test/plain-language-model.ts';
import { LanguageModel } from './language-model.ts';
import { IN_ONE, perplexityOf, type Reading } from './perplexity.ts';

const shape = { vocabulary: 11, hidden: 6, layers: 2, tied: false };
const noPause = (): Promise<void> => Promise.resolve();
let model: LanguageModel;
afterEach(() => model.dispose());

function modelOf(name: string, initialisation = 0.8) {
  model = new LanguageModel(knownCell(name), shape, { seed: 3, initialisation });
  return model;
}

const perplexity = (text: Int32Array, reading: Reading, rows?: number) =>
  perplexityOf(model, text, 'float32', noPause, reading, rows);

/** Word by word, with the softmax and the mean in plain JavaScript. */
function byHand(text: Int32Array): number {
  let state = model.zeroState(1);
  let sum = 0;
  for (let i = 0; i + 1 < text.length; i++) {
    const [logits, after] = noGrad(() =>
      scope(() => {
        const words = tensor(Int32Array.of(text[i] as number), { shape: [1, 1], dtype: 'int32' }).to('int64');
        const read = model.read(words, state);
        return [model.logits(read.outputs).toNumbers(), read.state] as const;
      }),
    );
    for (const { hidden, cell } of state) for (const old of [hidden, cell]) old?.dispose();
    state = after;
    const total = logits.reduce((all, logit) => all + Math.exp(logit), 0);
    sum += Math.log(total) - (logits[text[i + 1] as number] as number);
  }
  for (const { hidden, cell } of state) for (const old of [hidden, cell]) old?.dispose();
  return Math.exp(sum / (text.length - 1));
}

describe('perplexity', () => {
  it('of a model that knows nothing is the size of the vocabulary', async () => {
    modelOf('lstm');
    for (const weights of model.parameters()) constant_(weights, 0);
    expect(await perplexity(countingText(100, 11), IN_ONE)).toBeCloseTo(11, 4);
  });

  it.each(['nascell', 'lstm', 'gru'])('of a text in one is that of %s word by word', async (name) => {
    modelOf(name);
    const text = countingText(150, 11);
    expect(await perplexity(text, IN_ONE)).toBeCloseTo(byHand(text), 3);
  });

  it.each(['nascell', 'gru'])(
    'of a text in parts does not depend on the rows read at once: %s',
    async (name) => {
      modelOf(name);
      const text = countingText(531, 11);
      const reading = { part: 50, context: 20 };
      const all = await perplexity(text, reading, 100);
      for (const rows of [1, 2, 4, 7]) expect(await perplexity(text, reading, rows)).toBeCloseTo(all, 3);
    },
  );

  it('of a text in parts scores every word but the first once', async () => {
    modelOf('lstm');
    for (const weights of model.parameters()) constant_(weights, 0);
    // Logits are the bias alone: word 3 is likelier than others.
    const bias = [...model.namedParameters()].find(([name]) => name === 'softmax.bias')?.[1];
    noGrad(() => bias?.copyFrom_(tensor(Float32Array.from({ length: 11 }, (_, i) => (i === 3 ? 2 : 0)))));
    const text = Int32Array.from({ length: 87 }, (_, i) => (i % 5 === 0 ? 3 : i % 11));
    const total = Math.log(Math.exp(2) + 10);
    const scored = [...text.slice(1)];
    const expected = Math.exp(
      scored.reduce((sum, word) => sum + total - (word === 3 ? 2 : 0), 0) / scored.length,
    );
    for (const part of [7, 10, 43, 86, 500])
      expect(await perplexity(text, { part, context: 5 })).toBeCloseTo(expected, 4);
  });

  it('in parts comes near that in one, the nearer the more context there is', async () => {
    modelOf('nascell');
    const text = countingText(600, 11);
    const exact = await perplexity(text, IN_ONE);
    const distance = async (context: number) =>
      Math.abs((await perplexity(text, { part: 50, context })) - exact) / exact;
    expect(await distance(40)).toBeLessThan(await distance(0));
    expect(await distance(40)).toBeLessThan(1e-3);
  });

  it('leaves no tensor, also where it is interrupted', async () => {
    modelOf('nascell');
    const before = liveTensors();
    const text = countingText(300, 11);
    await perplexity(text, { part: 50, context: 20 });
    let left = 3;
    const stop = async () => {
      if (left-- === 0) throw new Error('stop');
    };
    await expect(perplexityOf(model, text, 'float32', stop, { part: 50, context: 20 }, 1)).rejects.toThrow(
      'stop',
    );
    expect(liveTensors()).toBe(before);
  });
});
