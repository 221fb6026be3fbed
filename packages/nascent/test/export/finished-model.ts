import { Generator, noGrad, randn, scope } from '@nascent/torch';
import { ImageTensors } from '../../src/child/image-tensors.ts';
import { loadModel, type ModelFacts, networkOfModel, saveModel } from '../../src/child/model-file.ts';
import { ConvolutionalNetwork } from '../../src/child/network/convolutional-network.ts';
import type { ImageDataset, Preprocessing } from '../../src/dataset/index.ts';
import { type ConvolutionalArchitecture, planNetwork } from '../../src/search-space/index.ts';

/** A network as training might have left it, and the images that it is run on. */
export interface FinishedNetwork {
  readonly architecture: ConvolutionalArchitecture;
  readonly images: ImageDataset;
  readonly preprocessing: Preprocessing;
}

export const perChannel = (channels: number): Preprocessing => ({
  kind: 'per-channel',
  mean: [0.4914, 0.4822, 0.4465].slice(0, channels),
  deviation: [0.2023, 0.1994, 0.201].slice(0, channels),
});
export const perImage: Preprocessing = { kind: 'per-image' };

export function factsOf({ architecture, images, preprocessing }: FinishedNetwork): ModelFacts {
  const { channels, height, width, classes, name, checksum } = images;
  return {
    architecture,
    image: { channels, height, width, classes: classes.length },
    classNames: classes,
    preprocessing,
    batchNormEpsilon: 3e-4, // not the default of anything
    dataset: name,
    datasetChecksum: checksum,
    tokens: null,
  };
}

/** Saves the network with weights of chance: none is 0 or 1, and the running statistics matter. */
export function saveFinished(path: string, finished: FinishedNetwork, seed: number): void {
  const facts = factsOf(finished);
  const { batchNormEpsilon } = facts;
  const network = new ConvolutionalNetwork(planNetwork(facts.architecture, facts.image), {
    seed,
    batchNormEpsilon,
  });
  const generator = new Generator(seed);
  scope(() =>
    noGrad(() => {
      for (const [name, values] of network.stateDict()) {
        if (!/norm|bias/.test(name)) continue;
        const noise = randn(values.shape, { generator }).mul(0.3);
        values.copyFrom_(name.endsWith('var') ? noise.abs().add(0.5) : noise.add(0.2));
      }
      saveModel(path, network.stateDict(), facts);
    }),
  );
  network.dispose();
}

/** The logits of a saved model on all the images, computed by our child; flat [images · classes]. */
export function ourLogits(path: string, images: ImageDataset): Float32Array {
  return scope(() => {
    const model = loadModel(path);
    const network = networkOfModel(model);
    const data = new ImageTensors(images, { preprocessing: model.facts.preprocessing });
    const batches = data.batches(false);
    try {
      batches.prepare(Int32Array.from(images.labels, (_, i) => i));
      return noGrad(() => network.forward(batches.take().images).toFloat32());
    } finally {
      batches.dispose();
      data.dispose();
      network.dispose();
    }
  });
}

/** Pixels scaled to [0, 1], as every export takes them. */
export function pixelsOf({ images }: ImageDataset): Float32Array {
  return Float32Array.from(images, (byte) => byte / 255);
}

/** The upper left corner of the first few images. */
export function cropped(dataset: ImageDataset, count: number, height: number, width: number): ImageDataset {
  const { images, channels, labels } = dataset;
  const pixels = Array.from({ length: count * channels * height }, (_, at) => {
    const [plane, row] = [Math.floor(at / height), at % height];
    const start = (plane * dataset.height + row) * dataset.width;
    return [...images.subarray(start, start + width)];
  });
  return {
    ...dataset,
    images: Uint8Array.from(pixels.flat()),
    labels: labels.slice(0, count),
    height,
    width,
  };
}
