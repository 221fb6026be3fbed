import { classCounts, exampleCount, type ImageDataset } from './image-dataset.ts';
import { type DatasetFacts, knownFacts } from './known-facts.ts';
import {
  type DatasetName,
  type LoadOptions,
  loadTestImages,
  loadTrainingImages,
  locateDataset,
} from './load.ts';
import { channelStatistics } from './standardise.ts';

/** One comparison with what is known of the data set. */
export interface Check {
  /** What was compared, for example `training images`. */
  readonly what: string;
  readonly found: string;
  readonly expected: string;
  readonly ok: boolean;
}

export interface Verification {
  readonly name: DatasetName;
  /** The directory with the files. */
  readonly path: string;
  readonly examples: { readonly train: number; readonly test: number };
  /** SHA-256 of each part's contents, see {@link ImageDataset}. */
  readonly checksums: { readonly train: string; readonly test: string };
  /** True where every check passes; false also for a sound subset of the data set. */
  readonly complete: boolean;
  readonly checks: readonly Check[];
}

const TOLERANCE = 5e-5;

function compare(what: string, found: readonly number[], expected: readonly number[], tolerance = 0): Check {
  const ok =
    found.length === expected.length &&
    found.every((value, index) => Math.abs(value - (expected[index] as number)) <= tolerance);
  const show = (values: readonly number[]): string =>
    values.map((value) => (tolerance === 0 ? `${value}` : value.toFixed(5))).join(' ');
  return { what, found: show(found), expected: show(expected), ok };
}

/** Compares both parts with the facts. */
export function checkFacts(
  train: ImageDataset<'train'>,
  test: ImageDataset<'test'>,
  facts: DatasetFacts,
): readonly Check[] {
  const checks = [
    compare('training images', [exampleCount(train)], [facts.train]),
    compare('test images', [exampleCount(test)], [facts.test]),
    compare('training images of each class', classCounts(train), facts.trainClasses),
    compare('test images of each class', classCounts(test), facts.testClasses),
    compare(
      'first training labels',
      [...train.labels.subarray(0, facts.firstTrainLabels.length)],
      facts.firstTrainLabels,
    ),
    compare(
      'first test labels',
      [...test.labels.subarray(0, facts.firstTestLabels.length)],
      facts.firstTestLabels,
    ),
  ];
  if (facts.mean.length === 0) return checks;
  const all = Int32Array.from({ length: exampleCount(train) }, (_, index) => index);
  const { mean, deviation } = channelStatistics(train, all);
  return [
    ...checks,
    compare('channel means', mean, facts.mean, TOLERANCE),
    compare('channel standard deviations', deviation, facts.deviation, TOLERANCE),
  ];
}

export interface VerifyOptions extends LoadOptions {
  readonly facts?: DatasetFacts;
}

/**
 * Reads every file of a data set, test images included, and compares it with what is known of it.
 * @returns null where no files of it are found
 * @throws DatasetError where a file is missing, truncated or damaged
 */
export async function verifyDataset(
  name: DatasetName,
  options: VerifyOptions = {},
): Promise<Verification | null> {
  const path = locateDataset(name, options);
  if (path === null) return null;
  const train = await loadTrainingImages(name, { ...options, path });
  const test = await loadTestImages(name, { ...options, path });
  const checks = checkFacts(train, test, options.facts ?? knownFacts[name]);
  return {
    name,
    path,
    examples: { train: exampleCount(train), test: exampleCount(test) },
    checksums: { train: train.checksum, test: test.checksum },
    complete: checks.every((check) => check.ok),
    checks,
  };
}
