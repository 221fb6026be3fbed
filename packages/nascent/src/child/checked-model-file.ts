import { createHash } from 'node:crypto';
import {
  loadSafetensors,
  type Module,
  saveSafetensors,
  scope,
  type Tensor,
  TorchError,
} from '@nascent/torch';
import { z } from 'zod';
import { NascentError } from '../errors.ts';
import { canonicalJson, InvalidArchitectureError } from '../search-space/index.ts';

/** A finished model: facts and state dict. */
export interface StoredModel<Facts> {
  readonly facts: Facts;
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

/** One kind of model file: its facts, and what is built from them. */
export interface ModelFormat<Facts, Network extends Module> {
  /** The entry of the file's metadata that holds version, facts and checksum. */
  readonly entry: keyof typeof WHAT;
  readonly version: number;
  /** Facts as they come out of JSON, but for the architecture. */
  readonly facts: z.ZodType<Omit<Facts, 'architecture'> & { readonly architecture: unknown }>;
  /** @throws InvalidArchitectureError */
  readonly parseArchitecture: (data: unknown) => unknown;
  /** The network with weights that are of no account. */
  readonly build: (facts: Facts) => Network;
}

/** The kinds of model files by their entry, as sentences call them. */
const WHAT = {
  'nascent.model': 'a finished network for images',
  'nascent.language-model': 'a finished language model',
} as const;

const RETRAIN_OR_COPY = 'restore it from a copy, or make it again with `nascent retrain`';
const headSchema = z.looseObject({ version: z.int() });

/**
 * Writes a finished model as one safetensors file: the state dict, and the facts as one JSON entry of its metadata.
 * A reader finds the old file or the whole new one, never a part.
 * @param state float32 state dict of the network
 * @throws ModelFileError `MODEL_NOT_WRITTEN`; an old file is untouched then
 */
export function writeModelFile<Facts>(
  path: string,
  { entry, version }: Pick<ModelFormat<Facts, Module>, 'entry' | 'version'>,
  { state, facts }: StoredModel<Facts>,
): void {
  const metadata = { version, facts, checksum: checksumOf(state, facts) };
  try {
    saveSafetensors(path, state, { [entry]: JSON.stringify(metadata) });
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
export function readModelFile<Facts>(path: string, format: ModelFormat<Facts, Module>): StoredModel<Facts> {
  const { tensors: state, metadata } = contentsOf(path);
  try {
    const { facts, checksum } = parseMetadata(path, metadata, format);
    if (checksumOf(state, facts) !== checksum) throw broken(path, 'its content does not match its checksum');
    scope(() => networkOfState({ facts, state }, format, path).dispose());
    return { facts, state };
  } catch (thrown) {
    for (const tensor of state.values()) tensor.dispose();
    throw thrown;
  }
}

/**
 * The model's network in evaluation mode, with copies of its weights; it owns them until `dispose()`.
 * @param path names the model in errors
 * @throws ModelFileError `MODEL_MISMATCH`
 */
export function networkOfState<Facts, Network extends Module>(
  { facts, state }: StoredModel<Facts>,
  { build }: Pick<ModelFormat<Facts, Network>, 'build'>,
  path = 'the model',
): Network {
  const network = build(facts);
  try {
    network.loadStateDict(state);
    network.eval();
    return network;
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

function parseMetadata<Facts>(
  path: string,
  metadata: Readonly<Record<string, string>>,
  { entry, version, facts: factsSchema, parseArchitecture }: ModelFormat<Facts, Module>,
): { readonly facts: Facts; readonly checksum: string } {
  const text = metadata[entry];
  if (text === undefined) throw foreign(path, metadata, entry);
  const json = jsonOf(path, text);
  const head = headSchema.safeParse(json);
  if (head.success && head.data.version > version) {
    throw new ModelFileError(
      'MODEL_FOREIGN',
      `${path} is a model of version ${head.data.version}; this release reads version ${version}. ` +
        'A newer release of Nascent wrote it: use that one.',
    );
  }
  const parsed = z
    .strictObject({
      version: z.literal(version),
      facts: factsSchema,
      /** SHA-256 (hex) over the facts and every tensor's name, shape and bytes. */
      checksum: z.string(),
    })
    .safeParse(json);
  if (!parsed.success) throw broken(path, z.prettifyError(parsed.error));
  const { facts, checksum } = parsed.data;
  try {
    // Parsed above, but for the architecture, which is parsed here.
    return { facts: { ...facts, architecture: parseArchitecture(facts.architecture) } as Facts, checksum };
  } catch (cause) {
    if (cause instanceof InvalidArchitectureError) throw broken(path, 'its architecture is none', cause);
    throw cause;
  }
}

function foreign(
  path: string,
  metadata: Readonly<Record<string, string>>,
  expected: keyof typeof WHAT,
): ModelFileError {
  const other = Object.entries(WHAT).find(([entry]) => entry in metadata);
  return new ModelFileError(
    'MODEL_FOREIGN',
    other === undefined
      ? `${path} is a safetensors file, but not a finished model of Nascent: it has no metadata "${expected}". ` +
          'Expected the model.safetensors that `nascent retrain` writes (its checkpoint.safetensors is none).'
      : `${path} holds ${other[1]}, and ${WHAT[expected]} was expected. Name the model.safetensors that \`nascent retrain\` ` +
          'wrote of this architecture.',
  );
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

function checksumOf(state: ReadonlyMap<string, Tensor>, facts: unknown): string {
  const hash = createHash('sha256').update(canonicalJson(facts));
  for (const [name, tensor] of [...state].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(canonicalJson([name, tensor.dtype, tensor.shape])).update(tensor.toBytes());
  }
  return hash.digest('hex');
}
