import { createHash } from 'node:crypto';
import { DatasetError } from '../errors.ts';
import { countTokens } from './tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Text for training and validation, as indices into a vocabulary. Test text is another type, {@link TestText}:
 * nothing that trains or rewards accepts it.
 */
export interface TextDataset {
  /** `penn-treebank`, or the file's name. */
  readonly name: string;
  readonly vocabulary: Vocabulary;
  /** In the order of the text, shape [tokens]. */
  readonly train: Int32Array;
  /** Likewise. */
  readonly validation: Int32Array;
  /** SHA-256 (hexadecimal) of level, vocabulary and both parts: the same however the files were packed. */
  readonly checksum: string;
}

/** Text for the final test of a finished design. */
export interface TestText {
  readonly name: string;
  /** The vocabulary of the training part: equal to that of the {@link TextDataset} with the same options. */
  readonly vocabulary: Vocabulary;
  /** In the order of the text, shape [tokens]. */
  readonly test: Int32Array;
  /** SHA-256 (hexadecimal) of level, vocabulary and test tokens. */
  readonly checksum: string;
}

function checksum({ level, words }: Vocabulary, parts: Readonly<Record<string, Int32Array>>): string {
  const lengths = Object.entries(parts).map(([part, tokens]) => [part, tokens.length]);
  const hash = createHash('sha256').update(JSON.stringify({ level, words, lengths }));
  for (const { buffer, byteOffset, byteLength } of Object.values(parts))
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}

/** Adds the checksum. */
export function withTextChecksum(dataset: Omit<TextDataset, 'checksum'>): TextDataset {
  const { vocabulary, train, validation } = dataset;
  return { ...dataset, checksum: checksum(vocabulary, { train, validation }) };
}

/** Adds the checksum. */
export function withTestChecksum(text: Omit<TestText, 'checksum'>): TestText {
  return { ...text, checksum: checksum(text.vocabulary, { test: text.test }) };
}

/**
 * The first `limit` tokens; all of them where it is undefined.
 * @param option names the limit, for the message
 * @throws DatasetError `SPLIT_INVALID` where there are fewer
 */
export function firstTokens<Tokens extends readonly string[] | Int32Array>(
  tokens: Tokens,
  limit: number | undefined,
  option: string,
  level: Vocabulary['level'],
): Tokens {
  if (limit === undefined) return tokens;
  if (limit <= tokens.length) return tokens.slice(0, limit) as Tokens;
  throw new DatasetError(
    'SPLIT_INVALID',
    `the option \`${option}\` asks for ${countTokens(limit, level)}, but that part of the text has ${tokens.length}. ` +
      `Set it to at most ${tokens.length}, or leave it out to take them all.`,
  );
}
