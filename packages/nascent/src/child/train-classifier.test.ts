import { keep, liveTensors, setThreads, type Tensor, tensor } from '@nascent/torch';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { exampleCount, loadTrainingImages, type Preprocessing, splitExamples } from '../dataset/index.ts';
import type { EpochReport } from '../evaluation/evaluation.ts';
import { randomStream } from '../random.ts';
import { planNetwork } from '../search-space/index.ts';
import { accuracyOf } from './accuracy.ts';
import type { Classifier } from './classifier.ts';
import { ClassifierTrainer } from './classifier-trainer.ts';
import { ImageTensors } from './image-tensors.ts';
import { ConvolutionalNetwork } from './network/convolutional-network.ts';
import { type Recipe, recipeSchema } from './recipe.ts';
import { type ResumePoint, trainClassifier } from './train-classifier.ts';

const images = await loadTrainingImages('cifar10', { path: fixtures.cifar10 });
const split = splitExamples(exampleCount(images), { seed: 0, validation: 20, labels: images.labels });
const preprocessing: Preprocessing = { kind: 'per-image' };
const plan = planNetwork(
  {
    kind: 'convolutional',
    version: 2,
    layers: [0, 1].map((i) => ({
      kind: 'convolution',
      filterHeight: 3,
      filterWidth: 3,
      strideHeight: 1,
      strideWidth: 1,
      filterCount: 8,
      batchNorm: true,
      inputs: [i],
    })),
    outputs: [2],
  },
  { height: 32, width: 32, channels: 3, classes: 10 },
);
const recipe = (options: Partial<Recipe> = {}): Recipe =>
  recipeSchema.parse({ epochs: 3, batchSize: 16, learningRate: 0.05, schedule: 'constant', ...options });
const never = new AbortController().signal;
const noPause = (): Promise<void> => Promise.resolve();

async function train(
  options: Partial<Recipe>,
  seed: number,
  context: { limitMs?: number; signal?: AbortSignal } = {},
) {
  const data = new ImageTensors(images, { preprocessing });
  const network = new ConvolutionalNetwork(plan, { seed });
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

  it('crops and flips change what it learns, and none are drawn where the recipe has none', async () => {
    const augmented = await train({}, 7);
    const plain = await train({ flip: false, upsample: null }, 7);
    const flipped = await train({ flip: true, upsample: null }, 7);
    expect(numbers(plain.curve)).not.toEqual(numbers(augmented.curve));
    expect(numbers(flipped.curve)).not.toEqual(numbers(augmented.curve));
    expect(numbers(flipped.curve)).not.toEqual(numbers(plain.curve));
  });

  it('goes on after any epoch as if never stopped, the same crops and flips included', async () => {
    const whole = await train({ epochs: 3 }, 7);
    const data = new ImageTensors(images, { preprocessing });
    const network = new ConvolutionalNetwork(plan, { seed: 7 });
    const rest = new ConvolutionalNetwork(plan, { seed: 99 });
    const stop = new Error('stopped after the first epoch');
    const at = { seed: 7, signal: never, limitMs: null, report: () => undefined };
    const copies = (state: ReadonlyMap<string, Tensor>) =>
      new Map([...state].map(([name, value]) => [name, keep(value.clone())] as const));
    let then: { weights: Map<string, Tensor>; resume: ResumePoint } | undefined;
    const stopped = trainClassifier(network, { data, ...split }, recipe({ epochs: 3 }), {
      ...at,
      checkpoint: ({ epoch, optimiser }) => {
        then = { weights: copies(network.stateDict()), resume: { epoch, optimiser: copies(optimiser) } };
        throw stop;
      },
    });
    await expect(stopped).rejects.toBe(stop);
    if (then === undefined) throw new Error('no checkpoint');
    rest.loadStateDict(then.weights);
    await trainClassifier(rest, { data, ...split }, recipe({ epochs: 3 }), { ...at, resume: then.resume });
    expect(rest.parameters().map((parameter) => parameter.toFloat32())).toEqual(whole.weights);
    for (const state of [then.weights, then.resume.optimiser])
      for (const value of state.values()) value.dispose();
    for (const owner of [network, rest, data]) owner.dispose();
  });

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
    const data = new ImageTensors(images, { preprocessing });
    const network = new ConvolutionalNetwork(plan, { seed: 1 });
    const trainer = new ClassifierTrainer(network, data, recipe(), split.train.length);
    const counts: number[] = [];
    await trainer.epoch(split.train, randomStream(1), async () => void counts.push(liveTensors()));
    await trainer.epoch(split.train, randomStream(1), async () => void counts.push(liveTensors()));
    expect(counts.length).toBe(10);
    expect(new Set(counts).size).toBe(1);
    trainer.dispose();
    network.dispose();
    data.dispose();
  });
});

describe('accuracy', () => {
  it('counts the examples whose largest logit is their label', async () => {
    const data = new ImageTensors(images, { preprocessing });
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
