import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scope } from '@nascent/torch';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonWithTorch } from '../../../torch/test/pytorch/python.ts';
import { loadModel } from '../../src/child/model-file.ts';
import { type ImageDataset, loadTestImages } from '../../src/dataset/index.ts';
import { modelFiles } from '../../src/export/model-files.ts';
import {
  type ConvolutionalArchitecture,
  type ConvolutionalLayer,
  decodeTokens,
  knownNetworks,
  parseConvolutionalArchitecture,
  planNetwork,
  spaceOfTokens,
} from '../../src/search-space/index.ts';
import { sampledNetworks } from '../convolutional-samples.ts';
import { fixtures } from '../fixtures/paths.ts';
import {
  cropped,
  type FinishedNetwork,
  ourLogits,
  perChannel,
  perImage,
  saveFinished,
} from './finished-model.ts';
import { inOnnxRuntime, inPyTorch, writeImages } from './runtimes.ts';

const cifar10 = await loadTestImages('cifar10', { path: fixtures.cifar10 });
const mnist = await loadTestImages('mnist', { path: fixtures.mnist });
const python = pythonWithTorch();

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'nascent-export-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const convolution = (
  inputs: readonly number[],
  change: Partial<ConvolutionalLayer & { kind: 'convolution' }> = {},
) =>
  ({
    kind: 'convolution',
    filterHeight: 3,
    filterWidth: 5,
    strideHeight: 1,
    strideWidth: 1,
    filterCount: 6,
    batchNorm: true,
    ...change,
    inputs,
  }) satisfies ConvolutionalLayer;

const separable = (inputs: readonly number[], batchNorm: boolean): ConvolutionalLayer => {
  const { kind: _, ...filters } = convolution(inputs, { strideHeight: 2, strideWidth: 3, batchNorm });
  return { kind: 'separable-convolution', ...filters };
};

const pooling = (
  kind: 'max-pooling' | 'average-pooling',
  [windowHeight, windowWidth]: readonly [number, number],
  [strideHeight, strideWidth]: readonly [number, number],
  inputs: readonly number[],
): ConvolutionalLayer => ({ kind, windowHeight, windowWidth, strideHeight, strideWidth, inputs });

const contrast = (windowHeight: number, windowWidth: number, inputs: readonly number[]) =>
  ({ kind: 'contrast-normalisation', windowHeight, windowWidth, inputs }) satisfies ConvolutionalLayer;

const network = (layers: readonly ConvolutionalLayer[], ...outputs: number[]): ConvolutionalArchitecture => ({
  kind: 'convolutional',
  version: 2,
  layers,
  outputs: outputs.length === 0 ? [layers.length] : outputs,
});

function decoded(tokens: string): ConvolutionalArchitecture {
  const space = spaceOfTokens(tokens);
  return parseConvolutionalArchitecture(space.decode(decodeTokens(tokens, space)));
}

const whole = cropped(cifar10, 4, 32, 32);
const odd = cropped(cifar10, 3, 17, 31);
const tiny = cropped(cifar10, 2, 2, 1);

const architectures: Readonly<Record<string, readonly [ConvolutionalArchitecture, ImageDataset?]>> = {
  convolution: [network([convolution([0])])],
  'convolution of stride 2 × 3 on 17 × 31': [
    network([convolution([0], { strideHeight: 2, strideWidth: 3 })]),
    odd,
  ],
  'convolution of stride 3, filters of even and odd sides': [
    network([
      convolution([0], { filterHeight: 4, filterWidth: 6, strideHeight: 3 }),
      convolution([1], { filterHeight: 1, filterWidth: 7, strideWidth: 3 }),
    ]),
  ],
  'filters larger than the image': [network([convolution([0], { filterHeight: 7, filterWidth: 7 })]), tiny],
  'stride larger than the filter': [
    network([convolution([0], { filterHeight: 1, filterWidth: 1, strideHeight: 3, strideWidth: 2 })]),
  ],
  'convolution with a bias in the place of batch normalisation': [
    network([convolution([0], { batchNorm: false })]),
  ],
  'separable convolution': [network([separable([0], true)])],
  'separable convolution without batch normalisation': [network([separable([0], false)]), odd],
  'max pooling': [
    network([
      pooling('max-pooling', [2, 3], [2, 1], [0]),
      convolution([1]),
      pooling('max-pooling', [3, 2], [2, 3], [2]),
    ]),
    odd,
  ],
  'average pooling': [
    network([
      pooling('average-pooling', [2, 3], [2, 1], [0]),
      convolution([1]),
      pooling('average-pooling', [3, 2], [2, 3], [2]),
    ]),
    odd,
  ],
  'local contrast normalisation': [network([contrast(3, 5, [0]), convolution([1]), contrast(4, 9, [2])])],
  identity: [
    network([{ kind: 'identity', inputs: [0] }, convolution([1]), { kind: 'identity', inputs: [1, 2] }]),
  ],
  'skip connections of one size': [
    network([convolution([0]), convolution([0, 1]), convolution([0, 2]), convolution([1])], 3, 4),
  ],
  'skip connections of different sizes, padded with zeros': [
    network(
      [
        convolution([0], { strideHeight: 2 }),
        convolution([0], { strideWidth: 3 }),
        convolution([0, 1, 2], { batchNorm: false }),
        pooling('average-pooling', [3, 3], [2, 2], [1, 2]),
        contrast(3, 3, [3, 4]),
      ],
      4,
      5,
    ),
    odd,
  ],
  'one image that two layers read, and the classifier reads several': [
    network([convolution([0]), convolution([0], { strideHeight: 3 })], 1, 2),
  ],
  'grey images of 28 × 28': [network([convolution([0]), separable([0, 1], true)]), cropped(mnist, 4, 28, 28)],
  ...Object.fromEntries([...knownNetworks].map(([name, { tokens }]) => [name, [decoded(tokens)]])),
  'every layer type at once': [
    network(
      [
        convolution([0]),
        separable([0, 1], true),
        contrast(5, 5, [2]),
        pooling('max-pooling', [2, 2], [2, 2], [1, 3]),
        { kind: 'identity', inputs: [1, 4] },
        pooling('average-pooling', [3, 3], [2, 2], [2, 5]),
        convolution([3, 6], { batchNorm: false, strideWidth: 2 }),
      ],
      5,
      7,
    ),
  ],
};

const cases = Object.entries(architectures).flatMap(([name, [architecture, images = whole]]) =>
  [perChannel(images.channels), perImage].map((preprocessing): readonly [string, FinishedNetwork] => [
    `${name}, ${preprocessing.kind}`,
    { architecture, images, preprocessing },
  ]),
);

/** Exports the networks into folders 0, 1, … of `directory`. */
function exportAll(directory: string, networks: readonly FinishedNetwork[]): void {
  for (const [i, finished] of networks.entries()) {
    const folder = join(directory, String(i));
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'model.safetensors');
    saveFinished(path, finished, i);
    const files = scope(() =>
      modelFiles(loadModel(path), readFileSync(path), ['onnx', 'pytorch'], `network ${i}`),
    );
    for (const { name, content } of files) writeFileSync(join(folder, name), content);
    writeImages(folder, finished.images);
  }
}

/** The greatest difference, relative to the greatest logit where that is above 1. */
function difference(found: ArrayLike<number>, expected: Float32Array): number {
  expect(found.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  expect(largest).toBeLessThan(1e3);
  const differences = Array.from(expected, (value, i) => Math.abs(value - (found[i] ?? Number.NaN)));
  return Math.max(...differences) / largest; // NaN where one is NaN
}

async function expectSameInOnnx(folder: string, finished: FinishedNetwork): Promise<void> {
  const run = await inOnnxRuntime(readFileSync(join(folder, 'model.onnx')), finished.images);
  for (const { declared, computed, name } of run.shapes) expect([name, computed]).toEqual([name, declared]);
  const ours = ourLogits(join(folder, 'model.safetensors'), finished.images);
  expect(difference(run.logits, ours)).toBeLessThan(1e-4);
}

function expectSameInPyTorch(folder: string, finished: FinishedNetwork, logits: readonly number[]): void {
  const ours = ourLogits(join(folder, 'model.safetensors'), finished.images);
  expect(difference(logits, ours)).toBeLessThan(1e-4);
}

describe('an exported network computes what our child computes, on real images', () => {
  let folder: string;
  beforeAll(() => {
    folder = join(root, 'named');
    exportAll(
      folder,
      cases.map(([, finished]) => finished),
    );
  });

  describe('in ONNX Runtime, every value in the shape that the file says', () => {
    it.each(cases.map(([name, finished], i) => [name, i, finished] as const))(
      '%s',
      async (_, i, finished) => {
        await expectSameInOnnx(join(folder, String(i)), finished);
      },
    );
  });

  describe.skipIf(python === null)('in PyTorch', () => {
    let logits: Readonly<Record<string, readonly number[]>> = {};
    beforeAll(() => {
      logits = inPyTorch(python ?? '', folder);
    }, 120_000);

    it.each(cases.map(([name, finished], i) => [name, i, finished] as const))('%s', (_, i, finished) => {
      expectSameInPyTorch(join(folder, String(i)), finished, logits[i] ?? []);
    });
  });
});

describe('a random network of any space', () => {
  const seed = 4;
  const small = cropped(cifar10, 2, 9, 12);
  const networks = fc
    .sample(fc.tuple(sampledNetworks(5), fc.boolean()), { numRuns: 60, seed })
    .map(([{ architecture }, byImage]): FinishedNetwork => {
      return { architecture, images: small, preprocessing: byImage ? perImage : perChannel(3) };
    })
    .filter(({ architecture }) => planNetwork(architecture, { ...small, classes: 10 }).flops < 5e7);

  it(`gives the same logits in both (seed ${seed})`, async () => {
    expect(networks.length).toBeGreaterThan(40);
    const folder = join(root, 'random');
    exportAll(folder, networks);
    const logits = python === null ? null : inPyTorch(python, folder);
    for (const [i, finished] of networks.entries()) {
      await expectSameInOnnx(join(folder, String(i)), finished);
      if (logits !== null) expectSameInPyTorch(join(folder, String(i)), finished, logits[i] ?? []);
    }
  }, 180_000);
});
