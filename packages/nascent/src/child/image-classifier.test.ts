import { readFileSync } from 'node:fs';
import { releaseMemory } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import type { EpochReport } from '../evaluation/evaluation.ts';
import type { EvaluationContext } from '../evaluation/evaluator.ts';
import { randomStream } from '../random.ts';
import { convolutional, planNetwork, sampleUniformly } from '../search-space/index.ts';
import { createEvaluator } from './image-classifier.ts';

const space = convolutional({ filterHeight: [1, 3], filterWidth: [1, 3], filterCount: [4, 6] });
const architecture = space.decode(sampleUniformly(space, { layers: 2 }, randomStream(1)));
const { parameters } = planNetwork(architecture, { height: 32, width: 32, channels: 3, classes: 10 });
const dataset = { name: 'cifar10', path: 'cifar10', trainExamples: 60, validationExamples: 40 };
const environment = { threads: 1, configDirectory: `${fixtures.cifar10}/..` };
const options = { dataset, epochs: 2, batchSize: 20, learningRate: 0.05 };
/** A kernel that promises any memory ends a process that uses it instead of refusing it. */
const overcommits =
  process.platform === 'linux' && readFileSync('/proc/sys/vm/overcommit_memory', 'utf8').trim() === '1';
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

  it.runIf(process.platform === 'linux')('keeps no memory of a large child for those after it', async () => {
    const wide = convolutional({ filterHeight: [3], filterWidth: [3], filterCount: [96] });
    const large = wide.decode(sampleUniformly(wide, { layers: 3 }, randomStream(1)));
    const evaluator = await createEvaluator({ ...options, epochs: 1, batchSize: 60 }, environment);
    await evaluator.evaluate(large, context()); // 200 MiB and more
    const after = process.memoryUsage.rss();
    releaseMemory();
    expect(after - process.memoryUsage.rss()).toBeLessThan(32 << 20);
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
      outcome: { kind: 'too-large', measure: 'parameters', value: parameters, limit: 50 },
      curve: [],
      parameters: null,
    });
    evaluator.dispose();
  });

  it('a child that does not fit into memory is refused before it is built', async () => {
    const evaluator = await createEvaluator(options, environment);
    const layers = architecture.layers.map((layer, at) => ({
      ...layer,
      filterCount: at === 0 ? 8 : 2 ** 40,
    }));
    const evaluation = await evaluator.evaluate({ ...architecture, layers }, context());
    expect(evaluation.outcome).toMatchObject({ kind: 'too-large', measure: 'memory' });
    evaluator.dispose();
  });

  it.skipIf(overcommits)('a child that runs out of memory all the same is an outcome', async () => {
    const evaluator = await createEvaluator({ ...options, memoryMiB: 1e30 }, environment);
    const layers = architecture.layers.map((layer) => ({ ...layer, filterCount: 2 ** 40 }));
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

  it('the learning rate that an architecture predicts takes the place of the recipe’s', async () => {
    const curveOf = async (learningRate: number, predicted?: number) => {
      const evaluator = await createEvaluator({ ...options, learningRate }, environment);
      const child = predicted === undefined ? architecture : { ...architecture, learningRate: predicted };
      const { curve } = await evaluator.evaluate(child, context());
      evaluator.dispose();
      return curve.map(({ trainingLoss }) => trainingLoss);
    };
    const plain = await curveOf(0.05);
    expect(await curveOf(0.4, 0.05)).toEqual(plain);
    expect(await curveOf(0.4)).not.toEqual(plain);
  });

  it('the recipe’s batch-norm ε reaches the network', async () => {
    const lossOf = async (batchNormEpsilon: number) => {
      const evaluator = await createEvaluator({ ...options, epochs: 1, batchNormEpsilon }, environment);
      const { curve } = await evaluator.evaluate(architecture, context());
      evaluator.dispose();
      return curve[0]?.trainingLoss;
    };
    expect(await lossOf(1e-5)).not.toBe(await lossOf(1));
  });

  it('records the augmentation that the data set settled', async () => {
    for (const [changes, facts] of [
      [{}, { flip: 1, upsample: 40 }],
      [
        { flip: false, upsample: null },
        { flip: 0, upsample: 0 },
      ],
    ] as const) {
      const evaluator = await createEvaluator({ ...options, ...changes, epochs: 1 }, environment);
      expect((await evaluator.evaluate(architecture, context())).facts).toMatchObject(facts);
      evaluator.dispose();
    }
  });

  it('images that would have to shrink are refused before the first child', async () => {
    await expect(createEvaluator({ ...options, upsample: 16 }, environment)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('images of 32 × 32 pixels cannot be enlarged to 16 × 16'),
    });
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
