/**
 * Data sets as bytes: found, read, fetched, verified, split and measured. Nothing here knows tensors.
 *
 * 1. `image-dataset.ts`   labelled images in memory, training and test parts told apart by type
 * 2. `cifar10.ts`, `idx.ts`, `mnist.ts`   the file formats
 * 3. `location.ts`, `load.ts`   where they are looked for; loading by name
 * 4. `split.ts`, `standardise.ts`, `preprocessing.ts`   training and validation; what a network sees of the bytes
 * 5. `text/`   text as indices into a vocabulary: tokens, vocabulary, Penn Treebank, text files, loading by options
 * 6. `catalogue.ts`, `fetch.ts`, `verify.ts`   what there is, getting it, checking it
 */
export { type CatalogueEntry, catalogue, type ImageEntry, type TextEntry } from './catalogue.ts';
export { DatasetError, type DatasetErrorCode } from './errors.ts';
export { type Fetched, type FetchOptions, type FetchProgress, fetchDataset } from './fetch.ts';
export { classCounts, exampleCount, type ImageDataset } from './image-dataset.ts';
export {
  type DatasetName,
  datasetNames,
  type LoadOptions,
  loadTestImages,
  loadTrainingImages,
  locateDataset,
  parseDatasetName,
} from './load.ts';
export { dataDirectory, type Surroundings, searchPath } from './location.ts';
export { measurePreprocessing, type Preprocessing, preprocessingSchema } from './preprocessing.ts';
export { type SplitOptions, splitExamples, type TrainValidationSplit } from './split.ts';
export { type ChannelStatistics, channelStatistics, standardise } from './standardise.ts';
export { loadTestText, loadTrainingText, type TextSurroundings } from './text/load-text.ts';
export { locatePennTreebank, pennTreebank, supplyPennTreebank } from './text/penn-treebank.ts';
export type { TestText, TextDataset } from './text/text-dataset.ts';
export { type TextOptions, textOptionsSchema } from './text/text-options.ts';
export { endOfLine, type TokenLevel, tokenise } from './text/tokens.ts';
export { type TextVerification, verifyPennTreebank } from './text/verify-penn-treebank.ts';
export { decode, encode, indexOf, type Vocabulary, vocabularySchema } from './text/vocabulary.ts';
export { type Check, type Verification, verifyDataset } from './verify.ts';
