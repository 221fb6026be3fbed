import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { classCounts, exampleCount, type ImageDataset, loadTestImages } from '../dataset/index.ts';
import { parseConvolutionalArchitecture, planNetwork } from '../search-space/index.ts';
import { accuracyOf } from './accuracy.ts';
import { accuracyOfConfusion, confusionMatrixOf } from './confusion-matrix.ts';
import { ImageTensors } from './image-tensors.ts';
import { ConvolutionalNetwork } from './network/convolutional-network.ts';

let images: ImageDataset<'test'>;
let data: ImageTensors;
let network: ConvolutionalNetwork;
const pause = async () => {};

beforeAll(async () => {
  images = await loadTestImages('cifar10', { path: fixtures.cifar10 });
  data = new ImageTensors(images, { preprocessing: { kind: 'per-image' } });
  const window = { windowHeight: 2, windowWidth: 2, strideHeight: 2, strideWidth: 2 };
  const architecture = parseConvolutionalArchitecture({
    kind: 'convolutional',
    version: 2,
    layers: [{ kind: 'max-pooling', ...window, inputs: [0] }],
    outputs: [0, 1],
  });
  const { channels, height, width, classes } = data;
  network = new ConvolutionalNetwork(planNetwork(architecture, { channels, height, width, classes }), {
    seed: 4,
  });
});
afterAll(() => {
  network.dispose();
  data.dispose();
});

describe('confusion matrix', () => {
  it('its rows count the images of each class, its diagonal those that are right', async () => {
    const all = Int32Array.from({ length: exampleCount(images) }, (_, i) => i);
    const matrix = await confusionMatrixOf(network, data, all, 'float32', pause);
    expect(matrix.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual(classCounts(images));
    const accuracy = await accuracyOf(network, data, all, 'float32', pause);
    expect(accuracyOfConfusion(matrix)).toBeCloseTo(accuracy, 12);
    expect(new Set(matrix.flat()).size, 'it is not all the same').toBeGreaterThan(1);
  });

  it('counts only the examples that it is given', async () => {
    const some = Int32Array.from([3, 5, 8]);
    const matrix = await confusionMatrixOf(network, data, some, 'float32', pause);
    expect(matrix.flat().reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  it('the accuracy is that of the diagonal', () => {
    expect(
      accuracyOfConfusion([
        [3, 1],
        [2, 4],
      ]),
    ).toBe(0.7);
  });
});
