import type { Tensor } from '@nascent/torch';
import { z } from 'zod';
import { type Vocabulary, vocabularySchema } from '../../dataset/index.ts';
import {
  type LanguageModelShape,
  parseRecurrentArchitecture,
  type RecurrentArchitecture,
} from '../../search-space/index.ts';
import {
  type ModelFormat,
  networkOfState,
  readModelFile,
  type StoredModel,
  writeModelFile,
} from '../checked-model-file.ts';
import { LanguageModel } from './language-model.ts';

/** What must be known of a trained language model to use it. */
export interface LanguageModelFacts {
  readonly architecture: RecurrentArchitecture;
  readonly shape: LanguageModelShape;
  /** The words by the index that the model knows them by; `shape.vocabulary` of them. */
  readonly vocabulary: Vocabulary;
  /** Name of the text that it was trained on. */
  readonly dataset: string;
  /** SHA-256 (hex) of the text that it was trained on. */
  readonly datasetChecksum: string;
  /** Token string of the architecture, where it came from a sample. */
  readonly tokens: string | null;
}

/** A finished language model: facts and state dict (see `LanguageModel`). */
export type StoredLanguageModel = StoredModel<LanguageModelFacts>;

const size = z.int().positive();
const format: ModelFormat<LanguageModelFacts, LanguageModel> = {
  entry: 'nascent.language-model',
  version: 1,
  facts: z
    .strictObject({
      architecture: z.unknown(),
      shape: z.strictObject({ vocabulary: size, hidden: size, layers: size, tied: z.boolean() }),
      vocabulary: vocabularySchema,
      dataset: z.string(),
      datasetChecksum: z.string(),
      tokens: z.string().nullable(),
    })
    .refine(
      ({ shape, vocabulary }) => shape.vocabulary === vocabulary.words.length,
      'not as many words as its shape says',
    ),
  parseArchitecture: parseRecurrentArchitecture,
  build: ({ architecture, shape }) => new LanguageModel(architecture, shape, { seed: 0, initialisation: 1 }),
};

/**
 * Writes a finished language model; see `writeModelFile`.
 * @param state float32 state dict of the model
 * @throws ModelFileError `MODEL_NOT_WRITTEN`; an old file is untouched then
 */
export function saveLanguageModel(
  path: string,
  state: ReadonlyMap<string, Tensor>,
  facts: LanguageModelFacts,
): void {
  writeModelFile(path, format, { state, facts });
}

/**
 * Reads a finished language model and checks it whole; see `readModelFile`. The tensors belong to the current scope,
 * else to the caller.
 * @throws ModelFileError
 */
export function loadLanguageModel(path: string): StoredLanguageModel {
  return readModelFile(path, format);
}

/** The model in evaluation mode, with copies of its weights; it owns them until `dispose()`. */
export function modelOf(model: StoredLanguageModel): LanguageModel {
  return networkOfState(model, format);
}
