import { describe, expect, it } from 'vitest';
import { augmentationOf } from '../src/child/augmentation.ts';
import { imageClassifierSchema, scheduleOf } from '../src/child/index.ts';
import { splitExamples } from '../src/dataset/index.ts';
import { rewardOf } from '../src/reinforce/reward.ts';
import { parseConfig } from '../src/study/config.ts';

const config = parseConfig(
  {
    space: { use: 'convolutional' },
    evaluator: { use: 'image-classifier' },
    strategy: { use: 'policy-gradient' },
    trials: 1,
  },
  'the shortest config',
);

describe('a config that says nothing about training (Zoph & Le 2017, §4.1)', () => {
  const options = imageClassifierSchema.parse(config.evaluator.options ?? {});

  it('trains on 45,000 images of CIFAR-10 and validates on 5,000', () => {
    expect(options.dataset.name).toBe('cifar10');
    const { validationExamples: validation, trainExamples: train } = options.dataset;
    const split = splitExamples(50_000, { seed: 0, validation, train });
    expect([split.train.length, split.validation.length]).toEqual([45_000, 5_000]);
  });

  it('whitens each image, enlarges, crops at random, mirrors half', () => {
    expect(options.whitening).toBe('per-image');
    expect(augmentationOf(options, 'cifar10')).toEqual({ flip: true, upsample: 40 });
  });

  it('trains for 50 epochs with Nesterov momentum 0.9, learning rate 0.1, weight decay 1e-4', () => {
    expect(options).toMatchObject({ epochs: 50, learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 });
  });

  it('as Huang et al. 2016: batches of 64, a tenth of the learning rate after 25 epochs and again after 37.5', () => {
    expect(options.batchSize).toBe(64);
    const schedule = scheduleOf(options);
    const factors = [0, 24, 25, 37, 38, 49].map((epoch) => schedule(epoch / 50));
    for (const [at, factor] of [1, 1, 0.1, 0.1, 0.01, 0.01].entries())
      expect(factors[at]).toBeCloseTo(factor, 12);
  });

  it('limits neither size nor time', () => {
    expect(options.secondsPerChild).toBeUndefined();
    expect(options.maxParameters ?? null).toBeNull();
  });

  it('rewards the cube of the best validation accuracy of the last five epochs', () => {
    const accuracies = [0.9, 0.5, 0.6, 0.8, 0.7, 0.6];
    const curve = accuracies.map((value, i) => ({
      epoch: i + 1,
      trainingLoss: 1,
      score: { split: 'validation', metric: 'accuracy', value } as const,
      elapsedMs: 1,
    }));
    const evaluation = { outcome: { kind: 'completed' }, curve, parameters: 1, facts: {} } as const;
    expect(rewardOf(evaluation, config.reward)).toBeCloseTo(0.8 ** 3, 12);
  });
});
