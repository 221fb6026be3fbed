import type { Tensor } from '@nascent/torch';
import { z } from 'zod';
import { type Preprocessing, preprocessingSchema } from '../dataset/preprocessing.ts';
import {
  type ConvolutionalArchitecture,
  type ImageInput,
  parseConvolutionalArchitecture,
  planNetwork,
} from '../search-space/index.ts';
import {
  type ModelFormat,
  networkOfState,
  readModelFile,
  type StoredModel,
  writeModelFile,
} from './checked-model-file.ts';
import { ConvolutionalNetwork } from './network/convolutional-network.ts';

/** What must be known of trained weights to use them. */
export interface ModelFacts {
  readonly architecture: ConvolutionalArchitecture;
  readonly image: ImageInput;
  /** Name of each class, in the order of the logits. */
  readonly classNames: readonly string[];
  /** What is done to pixels scaled to [0, 1] before the network reads them. */
  readonly preprocessing: Preprocessing;
  /** Added to the variance in batch normalisation. */
  readonly batchNormEpsilon: number;
  /** Name of the data set that it was trained on. */
  readonly dataset: string;
  /** SHA-256 (hex) of the images that it was trained on. */
  readonly datasetChecksum: string;
  /** Token string of the architecture, where it came from a sample. */
  readonly tokens: string | null;
}

/** A finished convolutional network: facts and state dict. */
export type Model = StoredModel<ModelFacts>;

const size = z.int().positive();
const format: ModelFormat<ModelFacts, ConvolutionalNetwork> = {
  entry: 'nascent.model',
  version: 1,
  facts: z
    .strictObject({
      architecture: z.unknown(),
      image: z.strictObject({ height: size, width: size, channels: size, classes: size }),
      classNames: z.array(z.string()),
      preprocessing: preprocessingSchema,
      batchNormEpsilon: z.number().positive(),
      dataset: z.string(),
      datasetChecksum: z.string(),
      tokens: z.string().nullable(),
    })
    .refine(({ classNames, image }) => classNames.length === image.classes, 'not one name for each class')
    .refine(
      ({ preprocessing: whitening, image }) =>
        whitening.kind === 'per-image' ||
        (whitening.mean.length === image.channels && whitening.deviation.length === image.channels),
      'not one mean and deviation for each channel',
    ),
  parseArchitecture: parseConvolutionalArchitecture,
  build: ({ architecture, image, batchNormEpsilon }) =>
    new ConvolutionalNetwork(planNetwork(architecture, image), { seed: 0, batchNormEpsilon }),
};

/**
 * Writes a finished network for images; see `writeModelFile`.
 * @param state float32 state dict of the network
 * @throws ModelFileError `MODEL_NOT_WRITTEN`; an old file is untouched then
 */
export function saveModel(path: string, state: ReadonlyMap<string, Tensor>, facts: ModelFacts): void {
  writeModelFile(path, format, { state, facts });
}

/**
 * Reads a finished network for images and checks it whole; see `readModelFile`. The tensors belong to the current
 * scope, else to the caller.
 * @throws ModelFileError
 */
export function loadModel(path: string): Model {
  return readModelFile(path, format);
}

/** The model's network in evaluation mode, with copies of its weights; it owns them until `dispose()`. */
export function networkOfModel(model: Model): ConvolutionalNetwork {
  return networkOfState(model, format);
}
