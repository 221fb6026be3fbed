import { full, noGrad, ones, scope, type Tensor, tensor, zeros } from '@nascent/torch';
import { afterEach, describe, expect, it } from 'vitest';
import { countingText, knownCell } from '../../../test/plain-language-model.ts';
import { LanguageModel } from './language-model.ts';
import { LanguageModelTrainer } from './language-model-trainer.ts';
import type { Masks } from './masks.ts';
import { languageModelRecipeSchema } from './recipe.ts';

const shape = { vocabulary: 9, hidden: 5, layers: 2, tied: false };
const noMasks: Masks = { embedding: null, inputs: [null, null], recurrent: [null, null], output: null };
const text = [3, 1, 4, 1, 5, 2, 6, 8];

let model: LanguageModel;
afterEach(() => model.dispose());
function build(cell: string, tied = false, initialisation = 0.7) {
  model = new LanguageModel(knownCell(cell), { ...shape, tied }, { seed: 4, initialisation });
}

/** What the softmax reads after each of the words, in two rows of four. */
function read(masks: (() => Partial<Masks>) | null = null): number[] {
  return noGrad(() =>
    scope(() => {
      const words = tensor(Int32Array.from(text), { shape: [4, 2], dtype: 'int32' }).to('int64');
      const drawn = masks === null ? null : { ...noMasks, ...masks() };
      return model.read(words, model.zeroState(2), drawn).outputs.toNumbers();
    }),
  );
}
const parameter = (name: string): Tensor => model.namedParameters().get(name) as Tensor;
const close = (found: readonly number[], expected: readonly number[]) => {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5);
};

describe.each(['nascell', 'lstm', 'gru'])('a language model with %s', (cell) => {
  it('begins with weights uniform in the given range, and biases of 0', () => {
    build(cell, false, 0.3);
    for (const [name, weights] of model.namedParameters()) {
      const largest = Math.max(...weights.toNumbers().map(Math.abs));
      if (name.includes('bias')) expect(largest).toBe(0);
      else expect(largest > 0.2 && largest <= 0.3).toBe(true);
    }
  });

  it('drops a word of the embedding wherever it stands: as if its row were zeros', () => {
    build(cell);
    const dropped = read(() => {
      const mask = full([shape.vocabulary, 1], 2);
      noGrad(() => mask.narrow(0, 1, 1).zero_());
      return { embedding: mask };
    });
    const table = parameter('embedding.weight');
    noGrad(() => scope(() => table.mul_(2).narrow(0, 1, 1).zero_() && undefined));
    close(dropped, read());
  });

  it('drops what a layer reads: all of it, as if all embeddings were zeros', () => {
    build(cell);
    const dropped = read(() => ({ inputs: [zeros([1, 2, 5]), null] }));
    noGrad(() => parameter('embedding.weight').zero_());
    close(dropped, read());
  });

  it('drops what the second layer reads too', () => {
    build(cell);
    const whole = read();
    const dropped = read(() => ({ inputs: [null, zeros([1, 2, 5])] }));
    expect(dropped).not.toEqual(whole);
    // The second layer then reads nothing of the words: both rows are the same.
    close(
      dropped.filter((_, i) => i % 10 < 5),
      dropped.filter((_, i) => i % 10 >= 5),
    );
  });

  it('drops what the softmax reads', () => {
    build(cell);
    const mask = Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? 0 : 1.5));
    const dropped = read(() => ({ output: tensor(Float32Array.from(mask), { shape: [1, 2, 5] }) }));
    close(
      dropped,
      read().map((value, i) => value * (mask[i % 10] ?? 0)),
    );
  });

  it('drops the state on its way from step to step, and a mask of ones drops nothing', () => {
    build(cell);
    const whole = read();
    expect(read(() => ({ recurrent: [zeros([2, 5]), zeros([2, 5])] }))).not.toEqual(whole);
    close(
      read(() => ({ recurrent: [ones([2, 5]), ones([2, 5])] })),
      whole,
    );
  });
});

describe('one step of training', () => {
  const step = async (changes: object) => {
    build('nascell');
    const recipe = languageModelRecipeSchema.parse({
      batchSize: 4,
      steps: 10,
      learningRate: 1,
      dropout: { embedding: 0, input: 0, recurrent: 0, output: 0 },
      ...changes,
    });
    const before = model.parameters().flatMap((weights) => weights.toNumbers());
    const trainer = new LanguageModelTrainer(model, countingText(44, shape.vocabulary), recipe, 1);
    await trainer.epoch(1, () => Promise.resolve());
    trainer.dispose();
    const after = model.parameters().flatMap((weights) => weights.toNumbers());
    return Math.hypot(...after.map((value, i) => value - (before[i] ?? 0)));
  };

  it('is not longer than the rate times the norm that gradients are clipped to', async () => {
    expect(await step({ clipNorm: 0.01 })).toBeCloseTo(0.01, 5);
    expect(await step({ clipNorm: 0.01, learningRate: 0.5 })).toBeCloseTo(0.005, 5);
    expect(await step({ clipNorm: 1000 })).toBeGreaterThan(0.1);
  });
});
