import { resolve } from 'node:path';
import { loadCifar10, locateCifar10 } from './cifar10.ts';
import { DatasetError } from './errors.ts';
import type { ImageDataset } from './image-dataset.ts';
import { processSurroundings, type Surroundings, searchPath } from './location.ts';
import { loadMnist, locateMnist } from './mnist.ts';

/** The data sets that have a name. */
export const datasetNames = ['cifar10', 'mnist', 'fashion-mnist'] as const;
export type DatasetName = (typeof datasetNames)[number];

export interface LoadOptions {
  /** A directory with the files (or its parent); replaces the search path. Relative to the working directory. */
  readonly path?: string | undefined;
  readonly surroundings?: Surroundings;
}

/** @throws DatasetError `DATASET_UNKNOWN` */
export function parseDatasetName(name: string): DatasetName {
  const known = datasetNames.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  throw new DatasetError(
    'DATASET_UNKNOWN',
    `there is no data set named '${name}'. Choose one of ${datasetNames.join(', ')}.`,
  );
}

/** The directory with the data set's files; null where the search path (or `path`) has none. */
export function locateDataset(name: DatasetName, options: LoadOptions = {}): string | null {
  const surroundings = options.surroundings ?? processSurroundings();
  const directories =
    options.path === undefined ? searchPath(name, surroundings) : [resolve(surroundings.cwd, options.path)];
  return name === 'cifar10' ? locateCifar10(directories) : locateMnist(directories);
}

function located(name: DatasetName, options: LoadOptions): string {
  const directory = locateDataset(name, options);
  if (directory !== null) return directory;
  const surroundings = options.surroundings ?? processSurroundings();
  const places =
    options.path === undefined ? searchPath(name, surroundings) : [resolve(surroundings.cwd, options.path)];
  throw new DatasetError(
    'DATASET_NOT_FOUND',
    `no files of ${name} in ${places.join(', ')}. Fetch them with \`nascent data fetch ${name}\`, ` +
      'name their directory with the option `path`, or set NASCENT_DATA to the directory that holds it.',
  );
}

function load<Part extends 'train' | 'test'>(
  name: DatasetName,
  options: LoadOptions,
  part: Part,
): Promise<ImageDataset<Part>> {
  const directory = located(name, options);
  return name === 'cifar10' ? loadCifar10(directory, part) : loadMnist(name, directory, part);
}

/**
 * Loads the training images of a data set (validation images are split off these, see `split.ts`).
 * Never opens a file of test images.
 * @throws DatasetError where files are missing or damaged
 */
export async function loadTrainingImages(
  name: DatasetName,
  options: LoadOptions = {},
): Promise<ImageDataset<'train'>> {
  return load(name, options, 'train');
}

/**
 * Loads the test images. For the final test of a finished design only: whoever calls this records that it was
 * opened.
 * @throws DatasetError where files are missing or damaged
 */
export async function loadTestImages(
  name: DatasetName,
  options: LoadOptions = {},
): Promise<ImageDataset<'test'>> {
  return load(name, options, 'test');
}
