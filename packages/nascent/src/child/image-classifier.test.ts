import { describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import type { EpochReport } from '../evaluation/evaluation.ts';
import type { EvaluationContext } from '../evaluation/evaluator.ts';
import { randomStream } from '../random.ts';
import { convolutional, convolutionalParameters, sampleUniformly } from '../search-space/index.ts';
import { createEvaluator } from './image-classifier.ts';

const space = convolutional({ filterHeight: [1, 3], filterWidth: [1, 3], filterCount: [4, 6] });
const architecture = space.decode(sampleUniformly(space, { layers: 2 }, randomStream(1)));
const parameters = convolutionalParameters(architecture, { inputChannels: 3, classes: 10 });
const dataset = { name: 'cifar10', path: 'cifar10', trainExamples: 60, validationExamples: 40 };
const environment = { threads: 1, configDirectory: `${fixtures.cifar10}/..` };
const options = { dataset, epochs: 2, batchSize: 20, learningRate: 0.05 };
const context = (reports: EpochReport[] = []): EvaluationContext => ({
  seed: 11,
  signal: new AbortController().signal,
  report: (epoch) => reports.push(epoch),
});

describe('the evaluator image-classifier', () => {
  it('trains an architecture and scores it on validation images, reporting each epoch', async () => {
    const evaluator = await createEvaluator(options, environment);
    expect(evaluator.score).toEqual({ split: 'validation', metric: 'accuracy' });
    const reports: EpochReport[] = [];
    const evaluation = await evaluator.evaluate(architecture, context(reports));
    expect(evaluation.outcome).toEqual({ kind: 'completed' });
    expect(evaluation.curve).toEqual(reports);
    expect(evaluation.curve.length).toBe(2);
    expect(evaluation.parameters).toBe(parameters);
    expect(evaluation.facts).toMatchObject({
      inputHeight: 32,
      inputWidth: 32,
      inputChannels: 3,
      classes: 10,
    });
    expect(evaluation.facts['flops']).toBeGreaterThan(0);
    expect(evaluation.facts['trainingSeconds']).toBeGreaterThan(0);
    evaluator.dispose();
  });

  it('two evaluators give the same curve for the same seed, bit for bit', async () => {
    const curves = [];
    for (const _ of [1, 2]) {
      const evaluator = await createEvaluator(options, environment);
      const { curve } = await evaluator.evaluate(architecture, context());
      curves.push(curve.map(({ trainingLoss, score }) => [trainingLoss, score.value]));
      evaluator.dispose();
    }
    expect(curves[1]).toEqual(curves[0]);
  });

  it('a child with too many parameters is refused before it is built', async () => {
    const evaluator = await createEvaluator({ ...options, maxParameters: 50 }, environment);
    expect(await evaluator.evaluate(architecture, context())).toMatchObject({
      outcome: { kind: 'too-large', parameters, limit: 50 },
      curve: [],
      parameters: null,
    });
    evaluator.dispose();
  });

  it('a child that does not fit into memory is an outcome', async () => {
    const evaluator = await createEvaluator(options, environment);
    const layers = architecture.layers.map((layer, at) => ({
      ...layer,
      filterCount: at === 0 ? 8 : 2 ** 40,
    }));
    const evaluation = await evaluator.evaluate({ ...architecture, layers }, context());
    expect(evaluation.outcome).toMatchObject({ kind: 'out-of-memory' });
    evaluator.dispose();
  });

  it('a child out of time is an outcome', async () => {
    const evaluator = await createEvaluator(
      { ...options, epochs: 10_000, secondsPerChild: 0.05 },
      environment,
    );
    const evaluation = await evaluator.evaluate(architecture, context());
    expect(evaluation.outcome).toEqual({ kind: 'timed-out', limitMs: 50 });
    evaluator.dispose();
  });

  it('a misspelt option is refused by name', async () => {
    await expect(createEvaluator({ ...options, epoch: 3 }, environment)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('epoch'),
    });
  });

  it('missing data are refused with what to type', async () => {
    const elsewhere = { ...options, dataset: { ...dataset, path: 'nowhere' } };
    await expect(createEvaluator(elsewhere, environment)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringContaining('nascent data fetch cifar10'),
    });
  });

  it('something else than an architecture is refused', async () => {
    const evaluator = await createEvaluator(options, environment);
    await expect(evaluator.evaluate({ kind: 'recurrent' }, context())).rejects.toThrow(/convolutional/);
    evaluator.dispose();
  });
});
