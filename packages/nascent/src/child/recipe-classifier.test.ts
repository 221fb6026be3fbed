import { describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { parseConvolutionalArchitecture } from '../search-space/index.ts';
import { createEvaluator as createImageClassifier } from './image-classifier.ts';
import { createEvaluator } from './recipe-classifier.ts';

const environment = { threads: 1, configDirectory: '.' };
const network = parseConvolutionalArchitecture({
  kind: 'convolutional',
  version: 1,
  layers: [
    { kind: 'convolution', filterHeight: 3, filterWidth: 3, strideHeight: 1, strideWidth: 1, filterCount: 4 },
  ],
});
const classifier = {
  dataset: { path: fixtures.cifar10, validationExamples: 20 },
  epochs: 4,
  batchSize: 20,
  weightDecay: 0.3,
};
const choice = {
  kind: 'recipe',
  version: 1,
  learningRate: 0.02,
  weightDecay: 0.01,
  batchNormEpsilon: 0.1,
  decayAt: [0.25],
};
const recipe = { learningRate: 0.02, weightDecay: 0.01, batchNormEpsilon: 0.1, decayAt: [0.25] };

async function lossesOf(evaluator: Evaluator, architecture: unknown): Promise<number[]> {
  try {
    const { signal } = new AbortController();
    const { curve, outcome } = await evaluator.evaluate(architecture, { seed: 3, signal, report: () => {} });
    expect(outcome).toEqual({ kind: 'completed' });
    return curve.map(({ trainingLoss }) => trainingLoss);
  } finally {
    evaluator.dispose();
  }
}

describe('the evaluator of a grid of recipes', () => {
  it('trains its network as the image classifier does with the chosen recipe', async () => {
    const expected = await lossesOf(
      await createImageClassifier({ ...classifier, ...recipe }, environment),
      network,
    );
    // The learning rate that the architecture predicts gives way to the choice.
    const architecture = { ...network, learningRate: 5 };
    const evaluator = await createEvaluator({ architecture, classifier }, environment);
    expect(await lossesOf(evaluator, choice)).toEqual(expected);
  });

  it.each(Object.keys(recipe))('another %s is another training', async (name) => {
    const other = { ...choice, [name]: name === 'decayAt' ? [0.75] : 0.05 };
    const evaluator = () => createEvaluator({ architecture: network, classifier }, environment);
    expect(await lossesOf(await evaluator(), other)).not.toEqual(await lossesOf(await evaluator(), choice));
  });

  it('refuses options that nobody but retrain would write', async () => {
    await expect(createEvaluator({ classifer: {} }, environment)).rejects.toThrow(
      /recipe-classifier are wrong/,
    );
  });
});
