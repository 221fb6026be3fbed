import { liveTensors, setThreads, type Tensor, tensor } from '@nascent/torch';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import {
  channelStatistics,
  exampleCount,
  loadTrainingImages,
  splitExamples,
  standardise,
} from '../dataset/index.ts';
import type { EpochReport } from '../evaluation/evaluation.ts';
import type { ConvolutionalArchitecture } from '../search-space/index.ts';
import { accuracyOf } from './accuracy.ts';
import type { Classifier } from './classifier.ts';
import { ClassifierTrainer } from './classifier-trainer.ts';
import { ConvolutionalNetwork } from './convolutional-network.ts';
import { ImageTensors } from './image-tensors.ts';
import { type Recipe, recipeSchema, scheduleOf } from './recipe.ts';
import { trainClassifier } from './train-classifier.ts';

const images = await loadTrainingImages('cifar10', { path: fixtures.cifar10 });
const split = splitExamples(exampleCount(images), { seed: 0, validation: 20, labels: images.labels });
const statistics = channelStatistics(images, split.train);
const architecture: ConvolutionalArchitecture = {
  kind: 'convolutional',
  version: 1,
  layers: [3, 3].map((size) => ({
    kind: 'convolution',
    filterHeight: size,
    filterWidth: size,
    strideHeight: 1,
    strideWidth: 1,
    filterCount: 8,
  })),
};
const recipe = (options: Partial<Recipe> = {}): Recipe =>
  recipeSchema.parse({ epochs: 3, batchSize: 16, learningRate: 0.05, schedule: 'constant', ...options });
const never = new AbortController().signal;
const noPause = (): Promise<void> => Promise.resolve();

async function train(
  options: Partial<Recipe>,
  seed: number,
  context: { limitMs?: number; signal?: AbortSignal } = {},
) {
  const data = new ImageTensors(images, { statistics });
  const network = new ConvolutionalNetwork(architecture, { channels: 3, classes: 10 }, { seed });
  const curve: EpochReport[] = [];
  try {
    const outcome = await trainClassifier(network, { data, ...split }, recipe(options), {
      seed,
      signal: context.signal ?? never,
      limitMs: context.limitMs ?? null,
      report: (epoch) => curve.push(epoch),
    });
    const weights = network.parameters().map((parameter) => parameter.toFloat32());
    return { outcome, curve, weights };
  } finally {
    network.dispose();
    data.dispose();
  }
}

const numbers = (curve: readonly EpochReport[]): number[][] =>
  curve.map(({ epoch, trainingLoss, score }) => [epoch, trainingLoss, score.value]);

beforeAll(() => setThreads(1));

describe('training a child', () => {
  it('learns its training images: the loss falls far below that of guessing', async () => {
    const { outcome, curve } = await train({ epochs: 30, learningRate: 0.1 }, 1);
    expect(outcome).toEqual({ kind: 'completed' });
    expect(curve.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(curve[0]?.trainingLoss).toBeGreaterThan(2);
    expect(curve.at(-1)?.trainingLoss).toBeLessThan(0.75 * Math.log(10));
    for (const { score } of curve) {
      expect(score).toMatchObject({ split: 'validation', metric: 'accuracy' });
      expect(Number.isInteger(score.value * 20)).toBe(true);
    }
  });

  it.each(['float32', 'bfloat16'] as const)(
    '%s › the same seed gives the same curve and weights, bit for bit',
    async (precision) => {
      const first = await train({ precision }, 7);
      const second = await train({ precision }, 7);
      expect(numbers(second.curve)).toEqual(numbers(first.curve));
      expect(second.weights).toEqual(first.weights);
      expect(numbers((await train({ precision }, 8)).curve)).not.toEqual(numbers(first.curve));
    },
  );

  it('divergence is an outcome, with its epoch', async () => {
    const { outcome, curve } = await train({ learningRate: 1e30 }, 1);
    expect(outcome).toMatchObject({ kind: 'diverged', epoch: 1 });
    expect(curve).toEqual([]);
  });

  it('a time limit is an outcome', async () => {
    const { outcome } = await train({ epochs: 10_000 }, 1, { limitMs: 50 });
    expect(outcome).toEqual({ kind: 'timed-out', limitMs: 50 });
  });

  it('an aborted signal stops it at the next step, with the signal’s reason', async () => {
    const stop = new AbortController();
    const running = train({ epochs: 10_000 }, 1, { signal: stop.signal });
    setImmediate(() => stop.abort(new Error('cancelled by the user')));
    await expect(running).rejects.toThrow('cancelled by the user');
  });

  it('frees every tensor, whatever became of the child', async () => {
    const before = liveTensors();
    await train({}, 1);
    await train({ learningRate: 1e30 }, 1);
    await train({ epochs: 1000 }, 1, { limitMs: 20 });
    await train({}, 1, { signal: AbortSignal.abort(new Error('stopped')) }).catch(() => undefined);
    expect(liveTensors()).toBe(before);
  });

  it('keeps as many tensors after each step as before it', async () => {
    const data = new ImageTensors(images, { statistics });
    const network = new ConvolutionalNetwork(architecture, { channels: 3, classes: 10 }, { seed: 1 });
    const trainer = new ClassifierTrainer(network, data, recipe(), split.train.length);
    const counts: number[] = [];
    await trainer.epoch(split.train, async () => void counts.push(liveTensors()));
    await trainer.epoch(split.train, async () => void counts.push(liveTensors()));
    expect(counts.length).toBe(10);
    expect(new Set(counts).size).toBe(1);
    trainer.dispose();
    network.dispose();
    data.dispose();
  });
});

describe('batches', () => {
  it.each([false, true])(
    'hold the standardised images and labels asked for (pixel-major: %s)',
    (channelsLast) => {
      const data = new ImageTensors(images, { statistics });
      const batches = data.batches(channelsLast);
      const wanted = Int32Array.of(17, 3, 99);
      batches.prepare(wanted);
      batches.prepare(Int32Array.of(5));
      const batch = batches.take();
      expect(batch.images.shape).toEqual([3, 3, 32, 32]);
      const expected = standardise(images, wanted, statistics);
      for (const [at, value] of batch.images.contiguous().toFloat32().entries())
        expect(Math.abs(value - (expected[at] as number))).toBeLessThan(1e-5);
      expect([...batch.labels.toArray()].map(Number)).toEqual([...wanted].map((at) => images.labels[at]));
      expect(batches.take().labels.shape).toEqual([1]);
      batches.dispose();
      data.dispose();
    },
  );
});

describe('accuracy', () => {
  it('counts the examples whose largest logit is their label', async () => {
    const data = new ImageTensors(images, { statistics });
    const examples = Int32Array.from({ length: 60 }, (_, at) => at);
    // Says "frog" to every image; in the slice a tenth of the images are frogs.
    const frogs: Classifier = {
      train: () => undefined,
      parameters: () => [],
      forward: (batch: Tensor) => {
        const logits = new Float32Array((batch.shape[0] ?? 0) * 10);
        for (let row = 0; row < logits.length / 10; row++) logits[row * 10 + 6] = 1;
        return tensor(logits, { shape: [logits.length / 10, 10] });
      },
    };
    expect(await accuracyOf(frogs, data, examples, 'float32', noPause)).toBe(0.1);
    data.dispose();
  });
});

describe('recipe', () => {
  it('defaults to the paper’s settings', () => {
    expect(recipeSchema.parse({})).toEqual({
      epochs: 50,
      batchSize: 64,
      learningRate: 0.1,
      schedule: 'step',
      warmupEpochs: 0,
      momentum: 0.9,
      weightDecay: 1e-4,
      precision: 'float32',
    });
  });

  it('the step schedule divides by 10 at half and at three quarters of training', () => {
    const schedule = scheduleOf(recipeSchema.parse({}));
    const factors = [0, 0.499, 0.5, 0.749, 0.75, 0.99].map((progress) => schedule(progress));
    const expected = [1, 1, 0.1, 0.1, 0.01, 0.01];
    for (const [at, factor] of factors.entries()) expect(factor).toBeCloseTo(expected[at] as number, 12);
  });

  it('the warm-up rises from 0 over its epochs', () => {
    const schedule = scheduleOf(recipeSchema.parse({ epochs: 10, warmupEpochs: 2, schedule: 'constant' }));
    expect([0, 0.1, 0.2, 1].map(schedule)).toEqual([0, 0.5, 1, 1]);
  });
});
