import { resolve } from 'node:path';
import { DatasetError } from '../errors.ts';
import type { Surroundings } from '../location.ts';
import { loadPennTreebank, loadPennTreebankTest } from './penn-treebank.ts';
import type { TestText, TextDataset } from './text-dataset.ts';
import { loadTextFile, loadTextFileTest, type TextFileOptions } from './text-file.ts';
import type { TextOptions } from './text-options.ts';

export interface TextSurroundings {
  /** Relative paths in the options start here. */
  readonly configDirectory: string;
  /** For the search path of penn-treebank; default: this process's. */
  readonly surroundings?: Surroundings;
}

/**
 * Loads the text that a language model trains and validates on. Never opens a file of test text; where the test part
 * is the end of the same file, its tokens are not returned.
 * @throws DatasetError where files are missing, damaged or do not fit the options
 */
export async function loadTrainingText(
  options: TextOptions,
  environment: TextSurroundings,
): Promise<TextDataset> {
  return options.name === 'penn-treebank'
    ? loadPennTreebank({ ...options, ...pennTreebankPlace(options, environment) })
    : loadTextFile(textFile(options), environment.configDirectory);
}

/**
 * Loads the test text, with the vocabulary of the training part. For the final test of a finished design only:
 * whoever calls this records that it was opened.
 * @throws DatasetError where files are missing, damaged or do not fit the options
 */
export async function loadTestText(options: TextOptions, environment: TextSurroundings): Promise<TestText> {
  return options.name === 'penn-treebank'
    ? loadPennTreebankTest({ level: options.level, ...pennTreebankPlace(options, environment) })
    : loadTextFileTest(textFile(options), environment.configDirectory);
}

function pennTreebankPlace({ path }: TextOptions, { configDirectory, surroundings }: TextSurroundings) {
  return {
    path: path === undefined ? undefined : resolve(configDirectory, path),
    ...(surroundings === undefined ? {} : { surroundings }),
  };
}

function textFile({ path, ...options }: TextOptions): TextFileOptions {
  if (path !== undefined) return { ...options, path };
  throw new DatasetError('DATASET_NOT_FOUND', 'the option `path` is missing: name the text file.');
}
