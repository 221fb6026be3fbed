import { join } from 'node:path';
import { DatasetError, fetchAgain } from './errors.ts';
import { type ImageDataset, withChecksum } from './image-dataset.ts';
import { firstWith, hasDataFile } from './location.ts';
import { type DataFile, readDataFile } from './read-file.ts';

/**
 * CIFAR-10 in its official binary layout (Krizhevsky 2009): records of one label byte and 3,072 pixel bytes,
 * 1,024 red, 1,024 green, 1,024 blue, row by row; nothing between records.
 */
export const cifar10 = {
  name: 'cifar10',
  channels: 3,
  height: 32,
  width: 32,
  recordBytes: 3073,
  /** The name of the directory inside the official archive. */
  directory: 'cifar-10-batches-bin',
  trainingFiles: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  testFiles: ['test_batch.bin'],
  classesFile: 'batches.meta.txt',
  /** Used where batches.meta.txt is missing; the official order. */
  classes: [
    'airplane',
    'automobile',
    'bird',
    'cat',
    'deer',
    'dog',
    'frog',
    'horse',
    'ship',
    'truck',
  ] as readonly string[],
} as const;

/** The directory with the batch files: one of `directories` itself, or its `cifar-10-batches-bin`; else null. */
export function locateCifar10(directories: readonly string[]): string | null {
  return firstWith(directories, [cifar10.directory], (directory) =>
    cifar10.trainingFiles.some((file) => hasDataFile(join(directory, file))),
  );
}

/** The pixels and labels of one batch file. */
export interface CifarRecords {
  /** [N, 3, 32, 32] */
  readonly images: Uint8Array;
  /** [N] */
  readonly labels: Uint8Array;
}

/**
 * Parses one batch file; the record count comes from its length (an official file has 10,000).
 * @throws DatasetError `DATASET_TRUNCATED` for a length that is no multiple of 3,073 (or 0),
 *   `DATASET_LABEL_INVALID` for a label byte over 9
 */
export function parseCifarRecords(file: DataFile): CifarRecords {
  const { recordBytes } = cifar10;
  const { bytes, path } = file;
  const count = Math.floor(bytes.length / recordBytes);
  const left = bytes.length % recordBytes;
  if (left !== 0 || count === 0) {
    throw new DatasetError(
      'DATASET_TRUNCATED',
      `${path}${path.endsWith('.gz') ? ' (unpacked)' : ''} has ${bytes.length} bytes, which is ${count} whole records of ${recordBytes} bytes and ${left} bytes more. ` +
        `A CIFAR-10 batch file is a whole number of records, at least one (an official file: 10,000 records, 30730000 bytes), so it is cut off or damaged. ${fetchAgain('cifar10')}`,
    );
  }
  const pixels = recordBytes - 1;
  const images = new Uint8Array(count * pixels);
  const labels = new Uint8Array(count);
  for (let record = 0; record < count; record++) {
    const start = record * recordBytes;
    const label = bytes[start] as number;
    if (label >= cifar10.classes.length) {
      throw new DatasetError(
        'DATASET_LABEL_INVALID',
        `${path}: record ${record} (of ${count}, counted from 0; byte ${start}) has the label ${label}, which is not one of 0 to 9. ` +
          `The file is damaged or is no CIFAR-10 batch file. ${fetchAgain('cifar10')}`,
      );
    }
    labels[record] = label;
    images.set(bytes.subarray(start + 1, start + recordBytes), record * pixels);
  }
  return { images, labels };
}

async function readClasses(directory: string): Promise<readonly string[]> {
  const file = await readDataFile([join(directory, cifar10.classesFile)], fetchAgain('cifar10'));
  if (file === null) return cifar10.classes;
  const names = new TextDecoder()
    .decode(file.bytes)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length !== cifar10.classes.length || new Set(names).size !== names.length) {
    throw new DatasetError(
      'DATASET_FORMAT',
      `${file.path} names ${names.length} classes (${names.join(', ')}); expected ${cifar10.classes.length} different names, one a line. ${fetchAgain('cifar10')}`,
    );
  }
  return names;
}

/**
 * Loads one part of CIFAR-10 from the directory that holds the batch files (see {@link locateCifar10}).
 * `train` is data_batch_1 to 5 in order; `test` is test_batch and is opened only when asked for.
 * @throws DatasetError for missing, truncated or damaged files
 */
export async function loadCifar10<Part extends 'train' | 'test'>(
  directory: string,
  part: Part,
): Promise<ImageDataset<Part>> {
  const names = part === 'train' ? cifar10.trainingFiles : cifar10.testFiles;
  const files = await Promise.all(
    names.map((name) => readDataFile([join(directory, name)], fetchAgain('cifar10'))),
  );
  const missing = names.filter((_, index) => files[index] === null);
  if (missing.length > 0) {
    throw new DatasetError(
      'DATASET_NOT_FOUND',
      `${directory} lacks ${missing.join(', ')} (looked for each also with .gz). ` +
        `CIFAR-10 needs ${names.join(', ')}. ${fetchAgain('cifar10')}`,
    );
  }
  const parts = files.filter((file) => file !== null).map(parseCifarRecords);
  const examples = parts.reduce((sum, records) => sum + records.labels.length, 0);
  const images = new Uint8Array(examples * (cifar10.recordBytes - 1));
  const labels = new Uint8Array(examples);
  let at = 0;
  for (const records of parts) {
    labels.set(records.labels, at);
    images.set(records.images, at * (cifar10.recordBytes - 1));
    at += records.labels.length;
  }
  const { name, channels, height, width } = cifar10;
  return withChecksum({
    name,
    part,
    images,
    labels,
    classes: await readClasses(directory),
    channels,
    height,
    width,
  });
}

/** Writes records back into the official layout: the inverse of {@link parseCifarRecords}. */
export function encodeCifarRecords({ images, labels }: CifarRecords): Uint8Array {
  const { recordBytes } = cifar10;
  const bytes = new Uint8Array(labels.length * recordBytes);
  for (const [record, label] of labels.entries()) {
    bytes[record * recordBytes] = label;
    const pixels = images.subarray(record * (recordBytes - 1), (record + 1) * (recordBytes - 1));
    bytes.set(pixels, record * recordBytes + 1);
  }
  return bytes;
}
