import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../../test/fixtures/paths.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { createEvaluator as createLanguageModel } from './evaluator.ts';
import { createEvaluator } from './recipe-evaluator.ts';

const environment = { threads: 1, configDirectory: '.' };
const architecture = { kind: 'native-cell', version: 1, cell: 'gru' };
const languageModel = {
  dataset: {
    name: 'text',
    path: join(fixtures.text, 'war-and-peace.txt'),
    trainTokens: 600,
    validationTokens: 100,
    vocabularySize: 50,
    unknown: '<unk>',
  },
  model: { layers: 1, hidden: 4 },
  epochs: 3,
  batchSize: 4,
  steps: 10,
  decayFrom: 5,
  decayFactor: 2,
};
const choice = {
  kind: 'language-recipe',
  version: 1,
  learningRate: 0.5,
  initialisation: 0.2,
  dropout: 0.3,
  recurrentDropout: 0.1,
  embeddingDropout: 0,
  decayFrom: 1,
};

async function lossesOf(evaluator: Evaluator, chosen: unknown): Promise<number[]> {
  try {
    const { signal } = new AbortController();
    const { curve, outcome } = await evaluator.evaluate(chosen, { seed: 3, signal, report: () => {} });
    expect(outcome).toEqual({ kind: 'completed' });
    return curve.map(({ trainingLoss }) => trainingLoss);
  } finally {
    evaluator.dispose();
  }
}

const evaluator = () => createEvaluator({ architecture, languageModel }, environment);

describe('the evaluator of a grid of recipes for language models', () => {
  it('trains its cell as the language model does with the chosen recipe', async () => {
    const recipe = {
      learningRate: 0.5,
      initialisation: 0.2,
      decayFrom: 1,
      dropout: { input: 0.3, output: 0.3, recurrent: 0.1, embedding: 0 },
    };
    const expected = await createLanguageModel({ ...languageModel, ...recipe }, environment);
    expect(await lossesOf(await evaluator(), choice)).toEqual(await lossesOf(expected, architecture));
  });

  it.each(Object.keys(choice).filter((key) => key !== 'kind' && key !== 'version'))(
    'another %s is another training',
    async (name) => {
      const other = { ...choice, [name]: name === 'decayFrom' ? 2 : 0.25 };
      expect(await lossesOf(await evaluator(), other)).not.toEqual(await lossesOf(await evaluator(), choice));
    },
  );

  it('refuses options that nobody but retrain would write', async () => {
    await expect(createEvaluator({ classifer: {} }, environment)).rejects.toThrow(
      /recipe-language-model are wrong/,
    );
  });
});
