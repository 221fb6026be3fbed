import { createHash } from 'node:crypto';
import { loadSafetensors, saveSafetensors, scope, type Tensor, TorchError } from '@nascent/torch';
import { z } from 'zod';
import { type Preprocessing, preprocessingSchema } from '../dataset/preprocessing.ts';
import { NascentError } from '../errors.ts';
import {
  type ConvolutionalArchitecture,
  canonicalJson,
  type ImageInput,
  InvalidArchitectureError,
  parseConvolutionalArchitecture,
  planNetwork,
} from '../search-space/index.ts';
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

/** A finished network: facts and state dict. */
export interface Model {
  readonly facts: ModelFacts;
  /** float32; names and shapes are those of its network's state dict. */
  readonly state: ReadonlyMap<string, Tensor>;
}

export type ModelFileErrorCode =
  /** Truncated or damaged. */
  | 'MODEL_BROKEN'
  /** A safetensors file of something else, or of a later release. */
  | 'MODEL_FOREIGN'
  /** Its tensors are not those of its architecture. */
  | 'MODEL_MISMATCH'
  | 'MODEL_NOT_READ'
  | 'MODEL_NOT_WRITTEN';

/** A model file that cannot be used, or not be written. */
export class ModelFileError extends NascentError {
  constructor(code: ModelFileErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}

const FORMAT = 'nascent.model';
const VERSION = 1;
const RETRAIN_OR_COPY = 'restore it from a copy, or make it again with `nascent retrain`';

const size = z.int().positive();
const headSchema = z.looseObject({ version: z.int() });
const factsSchema = z
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
  );
const metadataSchema = z.strictObject({
  version: z.literal(VERSION),
  facts: factsSchema,
  /** SHA-256 (hex) over the facts and every tensor's name, shape and bytes. */
  checksum: z.string(),
});

/**
 * Writes a finished model as one safetensors file: the state dict, and the facts as one JSON entry of its metadata.
 * A reader finds the old file or the whole new one, never a part.
 * @param state float32 state dict of the network
 * @throws ModelFileError `MODEL_NOT_WRITTEN`; an old file is untouched then
 */
export function saveModel(path: string, state: ReadonlyMap<string, Tensor>, facts: ModelFacts): void {
  const metadata = { version: VERSION, facts, checksum: checksumOf(state, facts) };
  try {
    saveSafetensors(path, state, { [FORMAT]: JSON.stringify(metadata) });
  } catch (cause) {
    if (!(cause instanceof TorchError) || cause.code !== 'FILE_ACCESS') throw cause;
    throw new ModelFileError(
      'MODEL_NOT_WRITTEN',
      `the model was not written to ${path}. Make room on the disk, or choose a directory that exists and that ` +
        'you may write to',
      { cause: cause.cause },
    );
  }
}

/**
 * Reads a finished model and checks it whole: its facts, its checksum, and that its tensors are those of its
 * architecture. The tensors belong to the current scope, else to the caller.
 * @throws ModelFileError
 */
export function loadModel(path: string): Model {
  const { tensors: state, metadata } = contentsOf(path);
  try {
    const { facts, checksum } = parseMetadata(path, metadata[FORMAT]);
    if (checksumOf(state, facts) !== checksum) {
      throw broken(path, 'its content does not match its checksum');
    }
    scope(() => networkOf(path, { facts, state }).dispose());
    return { facts, state };
  } catch (thrown) {
    for (const tensor of state.values()) tensor.dispose();
    throw thrown;
  }
}

/** The model's network in evaluation mode, with copies of its weights; it owns them until `dispose()`. */
export function networkOfModel(model: Model): ConvolutionalNetwork {
  return networkOf('the model', model);
}

function networkOf(path: string, { facts, state }: Model): ConvolutionalNetwork {
  const { architecture, image, batchNormEpsilon } = facts;
  const network = new ConvolutionalNetwork(planNetwork(architecture, image), { seed: 0, batchNormEpsilon });
  try {
    network.loadStateDict(state);
    return network.eval();
  } catch (cause) {
    network.dispose();
    if (!(cause instanceof TorchError) || cause.code !== 'STATE_DICT_MISMATCH') throw cause;
    throw new ModelFileError(
      'MODEL_MISMATCH',
      `the tensors of ${path} are not those of the architecture that it names. Whatever wrote it put two networks ` +
        `together: ${RETRAIN_OR_COPY}`,
      { cause },
    );
  }
}

function contentsOf(path: string) {
  try {
    return loadSafetensors(path);
  } catch (cause) {
    if (!(cause instanceof TorchError)) throw cause;
    if (cause.code === 'FILE_FORMAT') throw broken(path, 'not a whole safetensors file', cause);
    throw new ModelFileError(
      'MODEL_NOT_READ',
      `the model ${path} cannot be read. Expected the model.safetensors of a \`nascent retrain\`; check the path`,
      { cause: cause.cause },
    );
  }
}

function parseMetadata(
  path: string,
  text: string | undefined,
): { readonly facts: ModelFacts; readonly checksum: string } {
  if (text === undefined) {
    throw new ModelFileError(
      'MODEL_FOREIGN',
      `${path} is a safetensors file, but not a finished model of Nascent: it has no metadata "${FORMAT}". ` +
        'Expected the model.safetensors that `nascent retrain` writes (its checkpoint.safetensors is none).',
    );
  }
  const json = jsonOf(path, text);
  const head = headSchema.safeParse(json);
  if (head.success && head.data.version > VERSION) {
    throw new ModelFileError(
      'MODEL_FOREIGN',
      `${path} is a model of version ${head.data.version}; this release reads version ${VERSION}. ` +
        'A newer release of Nascent wrote it: use that one.',
    );
  }
  const parsed = metadataSchema.safeParse(json);
  if (!parsed.success) throw broken(path, z.prettifyError(parsed.error));
  const { facts, checksum } = parsed.data;
  try {
    return {
      facts: { ...facts, architecture: parseConvolutionalArchitecture(facts.architecture) },
      checksum,
    };
  } catch (cause) {
    if (cause instanceof InvalidArchitectureError) throw broken(path, 'its architecture is none', cause);
    throw cause;
  }
}

function jsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw broken(path, 'its metadata are not JSON', cause);
  }
}

function broken(path: string, what: string, cause?: unknown): ModelFileError {
  return new ModelFileError(
    'MODEL_BROKEN',
    `the model ${path} is damaged (${what}); ${RETRAIN_OR_COPY}`,
    cause === undefined ? {} : { cause },
  );
}

function checksumOf(state: ReadonlyMap<string, Tensor>, facts: ModelFacts): string {
  const hash = createHash('sha256').update(canonicalJson(facts));
  for (const [name, tensor] of [...state].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(canonicalJson([name, tensor.dtype, tensor.shape])).update(tensor.toBytes());
  }
  return hash.digest('hex');
}
