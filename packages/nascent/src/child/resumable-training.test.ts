import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveTensors, scope, setThreads, TorchError, zeros } from '@nascent/torch';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { exampleCount, loadTrainingImages, splitExamples } from '../dataset/index.ts';
import { EarlyStop } from '../evaluation/early-stop.ts';
import type { EpochReport } from '../evaluation/evaluation.ts';
import { hashOf, planNetwork } from '../search-space/index.ts';
import { saveCheckpoint } from './checkpoint.ts';
import { ImageTensors } from './image-tensors.ts';
import { ConvolutionalNetwork } from './network/convolutional-network.ts';
import { recipeSchema } from './recipe.ts';
import { trainResumably } from './resumable-training.ts';
import { trainClassifier } from './train-classifier.ts';

const images = await loadTrainingImages('cifar10', { path: fixtures.cifar10 });
const split = splitExamples(exampleCount(images), { seed: 0, validation: 20, labels: images.labels });
const plan = planNetwork(
  {
    kind: 'convolutional',
    version: 2,
    layers: [
      {
        kind: 'convolution',
        filterHeight: 3,
        filterWidth: 3,
        strideHeight: 1,
        strideWidth: 1,
        filterCount: 6,
        batchNorm: true,
        inputs: [0],
      },
    ],
    outputs: [1],
  },
  { height: 32, width: 32, channels: 3, classes: 10 },
);
const recipe = recipeSchema.parse({ epochs: 4, batchSize: 32, learningRate: 0.05, schedule: 'constant' });

let directory: string;
beforeAll(() => setThreads(1));
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nascent-resumable-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const identityOf = (seed: number) => ({ seed, recipe: { ...recipe } });

/** Trains one child on a worker that is killed, where `killAfter` says so, once that epoch was reported. */
async function train({
  place = directory,
  seed = 5,
  killAfter = Number.POSITIVE_INFINITY,
  everyMs = 0,
  why = new Error('killed'),
} = {}) {
  const data = new ImageTensors(images, { preprocessing: { kind: 'per-image' } });
  const network = new ConvolutionalNetwork(plan, { seed });
  const curve: EpochReport[] = [];
  const began: number[] = [];
  const kill = new AbortController();
  const report = (epoch: EpochReport) => {
    curve.push(epoch);
  };
  try {
    const outcome = await trainResumably(
      { network, identity: identityOf(seed), directory: place, everyMs },
      { report, signal: new AbortController().signal },
      (resumed) => {
        began.push(1 + (resumed.resume?.epoch ?? 0));
        return trainClassifier(network, { data, ...split }, recipe, {
          seed,
          signal: kill.signal,
          limitMs: null,
          ...resumed,
          report: (epoch) => {
            resumed.report(epoch);
            if (epoch.epoch === killAfter + 1) kill.abort(why);
            kill.signal.throwIfAborted(); // before this epoch has a checkpoint
          },
        });
      },
    );
    return { outcome, curve, began, weights: network.parameters().map((parameter) => parameter.toFloat32()) };
  } catch (thrown) {
    if (!kill.signal.aborted) throw thrown;
    return { outcome: 'killed', curve, began, weights: [] };
  } finally {
    network.dispose();
    data.dispose();
  }
}

const numbers = (curve: readonly EpochReport[]) =>
  curve.map(({ epoch, trainingLoss, score }) => [epoch, trainingLoss, score.value]);

describe('a child that another worker goes on with', () => {
  it('ends with the bits of one that was never killed, and reports its whole curve', async () => {
    const whole = await train({ place: join(directory, 'whole') });
    for (const killAfter of [1, 2, 3]) {
      const place = join(directory, String(killAfter));
      expect((await train({ place, killAfter })).outcome).toBe('killed');
      expect(readdirSync(place)).toHaveLength(1);
      const resumed = await train({ place });
      expect(resumed.began).toEqual([killAfter + 1]);
      expect(resumed.weights).toEqual(whole.weights);
      expect(numbers(resumed.curve)).toEqual(numbers(whole.curve));
    }
  });

  it('leaves no checkpoint when it has ended, and no tensor', async () => {
    const tensors = liveTensors();
    await train({ killAfter: 1 });
    expect(await train()).toMatchObject({ outcome: { kind: 'completed' }, began: [2] });
    expect(readdirSync(directory)).toEqual([]);
    expect(liveTensors()).toBe(tensors);
  });

  it('leaves none where it is ended for good while it trains, and keeps it where it is handed back', async () => {
    const tensors = liveTensors();
    const late = Object.assign(new Error('too long'), { name: 'TimeoutError' });
    const early = new EarlyStop({ kind: 'stopped', epoch: 3, rule: 'median', detail: 'hopeless' });
    const full = new TorchError('OUT_OF_MEMORY', 'not enough memory');
    for (const why of [late, early, full]) {
      await train({ killAfter: 2, why });
      expect(readdirSync(directory), why.message).toEqual([]);
    }
    await train({ killAfter: 2, why: Object.assign(new Error('cancelled'), { name: 'AbortError' }) });
    expect(readdirSync(directory)).toHaveLength(1);
    expect(liveTensors()).toBe(tensors);
  });

  it('begins at its first epoch where a checkpoint of this child has other weights, as of another release', async () => {
    const tensors = liveTensors();
    const path = join(directory, `${hashOf(identityOf(5)).slice(0, 32)}.safetensors`);
    const score = { split: 'validation', metric: 'accuracy', value: 0.5 } as const;
    scope(() => {
      const network = new Map([['renamed', zeros([1])]]);
      const curve = [{ epoch: 1, trainingLoss: 1, score, elapsedMs: 1 }];
      saveCheckpoint(path, { epoch: 1, curve, network, optimiser: network }, identityOf(5));
    });
    const { began, curve } = await train({ seed: 5 });
    expect(began).toEqual([1]);
    expect(curve.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(liveTensors()).toBe(tensors);
  });

  it('begins at its first epoch where the checkpoint is another child’s, damaged, or not due yet', async () => {
    await train({ killAfter: 2, seed: 6 });
    expect((await train({ seed: 5 })).began).toEqual([1]);
    const [file = ''] = readdirSync(directory);
    writeFileSync(join(directory, file), 'damaged');
    expect((await train({ seed: 6 })).began).toEqual([1]);
    await train({ seed: 7, killAfter: 2, everyMs: 1e9 });
    expect((await train({ seed: 7 })).began).toEqual([1]);
  });

  it('is trained all the same where checkpoints cannot be written', async () => {
    const place = join(directory, 'a-file');
    writeFileSync(place, '');
    expect(await train({ place })).toMatchObject({ outcome: { kind: 'completed' }, began: [1] });
  });
});
