import { liveTensors, scope } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { randomStream } from '../random.ts';
import { rewardConfigSchema, rewardOf } from '../reinforce/reward.ts';
import { convolutional, planNetwork, sampleUniformly } from '../search-space/index.ts';
import { createEvaluator } from './image-classifier.ts';
import { latencyOf, measureLatency } from './latency.ts';
import { ConvolutionalNetwork } from './network/convolutional-network.ts';

const space = convolutional({ filterHeight: [1, 3], filterWidth: [1, 3], filterCount: [4, 6] });
const architecture = space.decode(sampleUniformly(space, { layers: 2 }, randomStream(1)));
const image = { channels: 3, classes: 10, height: 32, width: 32 };
const place = { device: 'cpu', precision: 'float32' } as const;
const options = {
  dataset: { name: 'cifar10', path: 'cifar10', trainExamples: 60, validationExamples: 40 },
  epochs: 1,
  batchSize: 20,
};
const environment = { threads: 1, configDirectory: `${fixtures.cifar10}/..` };

describe('the latency of a child', () => {
  it('is the median of its passes, its spread the distance between their quartiles', () => {
    // numpy.percentile([4, 1, 2, 100], [25, 50, 75]) = [1.75, 3, 28]
    expect(latencyOf([4, 1, 2, 100])).toEqual({ medianMs: 3, spreadMs: 26.25 });
    expect(latencyOf([5])).toEqual({ medianMs: 5, spreadMs: 0 });
  });

  it('is measured on the built network, which keeps its weights, statistics and mode', async () => {
    const network = new ConvolutionalNetwork(planNetwork(architecture, image), { seed: 1 });
    const state = () =>
      scope(() => [...network.stateDict()].map(([name, tensor]) => [name, tensor.toNumbers()]));
    const before = state();
    const live = liveTensors();
    let passes = 0;
    const modes = new Set<boolean>();
    const pause = async () => {
      passes++;
      modes.add(network.training);
    };
    const latency = await measureLatency(network, image, place, { batch: 2, passes: 4 }, pause);
    expect(latency.medianMs).toBeGreaterThan(0);
    expect(latency.spreadMs).toBeGreaterThanOrEqual(0);
    expect(passes, 'five passes more than are timed').toBe(9);
    expect(modes, 'evaluation mode').toEqual(new Set([false]));
    expect(network.training).toBe(true);
    expect(liveTensors()).toBe(live);
    expect(state()).toEqual(before);
    network.dispose();
  });

  it('can be interrupted between two passes', async () => {
    const network = new ConvolutionalNetwork(planNetwork(architecture, image), { seed: 1 });
    const pause = async () => {
      throw new Error('cancelled');
    };
    await expect(measureLatency(network, image, place, { batch: 1, passes: 3 }, pause)).rejects.toThrow(
      'cancelled',
    );
    expect(network.training).toBe(true);
    network.dispose();
  });

  it('becomes facts of the evaluation, which a latency-aware reward reads; training is as without', async () => {
    const context = { seed: 11, signal: new AbortController().signal, report: () => {} };
    const plain = await createEvaluator(options, environment);
    expect(plain.measures).toEqual([]);
    const without = await plain.evaluate(architecture, context);
    plain.dispose();
    const evaluator = await createEvaluator({ ...options, latency: { passes: 3 } }, environment);
    expect(evaluator.measures).toEqual(['latencyMs']);
    const evaluation = await evaluator.evaluate(architecture, context);
    evaluator.dispose();
    const losses = (of: typeof evaluation) =>
      of.curve.map(({ trainingLoss, score }) => [trainingLoss, score]);
    expect(losses(evaluation)).toEqual(losses(without));
    const { latencyMs = Number.NaN, latencySpreadMs } = evaluation.facts;
    expect(latencyMs).toBeGreaterThan(0);
    expect(latencySpreadMs).toBeGreaterThanOrEqual(0);
    const reward = rewardConfigSchema.parse({ kind: 'accuracy', latency: { targetMs: latencyMs / 2 } });
    expect(rewardOf(evaluation, reward)).toBeCloseTo(
      (evaluation.curve[0]?.score.value ?? 0) * 2 ** -0.07,
      12,
    );
  });
});
