import { liveTensors } from '@nascent/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countingText, knownCell } from '../../../test/plain-language-model.ts';
import { randomStream } from '../../random.ts';
import { generate } from './generate.ts';
import { LanguageModel } from './language-model.ts';
import { languageModelRecipeSchema } from './recipe.ts';
import { trainLanguageModel } from './train-language-model.ts';

const VOCABULARY = 6;
let model: LanguageModel;
beforeAll(async () => {
  const shape = { vocabulary: VOCABULARY, hidden: 8, layers: 1, tied: false };
  model = new LanguageModel(knownCell('nascell'), shape, { seed: 1, initialisation: 0.4 });
  const recipe = languageModelRecipeSchema.parse({
    epochs: 8,
    batchSize: 5,
    steps: 10,
    optimiser: 'adam',
    learningRate: 0.03,
    schedule: 'cosine',
    dropout: { embedding: 0, input: 0, recurrent: 0, output: 0 },
  });
  const text = { train: countingText(1500, VOCABULARY), validation: countingText(100, VOCABULARY, 2) };
  const never = new AbortController().signal;
  await trainLanguageModel(model, text, recipe, { seed: 1, signal: never, limitMs: null, report: () => {} });
});
afterAll(() => model.dispose());

const write = (options: { temperature?: number; seed?: number; never?: readonly number[] } = {}) => [
  ...generate(model, Int32Array.of(2, 3), {
    length: 24,
    temperature: options.temperature ?? 1,
    random: randomStream('write', options.seed ?? 1),
    ...(options.never === undefined ? {} : { never: options.never }),
  }),
];

describe('text that a trained model writes', () => {
  it('goes on from the prompt as the text that it has read does', () => {
    const expected = Array.from({ length: 24 }, (_, i) => (4 + i) % VOCABULARY);
    expect(write({ temperature: 0.05 })).toEqual(expected);
  });

  it('is the same with the same random stream, and another with another', () => {
    expect(write({ temperature: 3 })).toEqual(write({ temperature: 3 }));
    expect(write({ temperature: 3, seed: 2 })).not.toEqual(write({ temperature: 3 }));
  });

  it('has none of the words that are never to be written', () => {
    const text = write({ temperature: 2, never: [0, 5] });
    expect(text.filter((word) => word === 0 || word === 5)).toEqual([]);
    expect(text.length).toBe(24);
  });

  it('needs a beginning', () => {
    const random = randomStream('write', 1);
    expect(() => generate(model, new Int32Array(0), { length: 1, temperature: 1, random })).toThrow(
      /the prompt is empty/,
    );
  });

  it('leaves no tensor', () => {
    const before = liveTensors();
    write();
    expect(liveTensors()).toBe(before);
  });
});
