import { resolve } from 'node:path';
import { z } from 'zod';
import {
  datasetNames,
  exampleCount,
  type ImageDataset,
  loadTrainingImages,
  splitExamples,
  type TrainValidationSplit,
} from '../dataset/index.ts';

const size = z.number().positive().describe('a count, or a fraction of all training images');

/** Option `dataset` of the evaluator `image-classifier`: the images, and how they are split. */
export const datasetOptionsSchema = z.strictObject({
  name: z.enum(datasetNames).default('cifar10'),
  path: z
    .string()
    .optional()
    .describe('directory with the files, relative to the config; default: the search path'),
  trainExamples: size.optional().describe('default: all that validation leaves'),
  validationExamples: size.default(0.1),
  splitSeed: z.int().default(0),
  stratified: z.boolean().default(false).describe('the same share of each class in both parts'),
});

export type DatasetOptions = z.output<typeof datasetOptionsSchema>;

/** The training images of a data set, and which of them train and which validate. */
export interface TrainingImages {
  readonly images: ImageDataset<'train'>;
  readonly split: TrainValidationSplit;
}

/** The directory that the options name; undefined where the data set is looked for on the search path. */
export function datasetPath({ path }: DatasetOptions, configDirectory: string): string | undefined {
  return path === undefined ? undefined : resolve(configDirectory, path);
}

/**
 * Loads the training images and splits them. Test images are never read.
 * @param configDirectory a relative path in the options starts here
 * @throws DatasetError for missing or damaged files, and for a split that does not fit
 */
export async function openTrainingImages(
  options: DatasetOptions,
  configDirectory: string,
): Promise<TrainingImages> {
  const { name, trainExamples, validationExamples, splitSeed, stratified } = options;
  const images = await loadTrainingImages(name, { path: datasetPath(options, configDirectory) });
  const split = splitExamples(exampleCount(images), {
    seed: splitSeed,
    train: trainExamples,
    validation: validationExamples,
    labels: stratified ? images.labels : undefined,
  });
  return { images, split };
}
