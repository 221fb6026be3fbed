import { z } from 'zod';
import { DatasetError } from '../errors.ts';
import { endOfLine, type TokenLevel, tokenLevels } from './tokens.ts';

/**
 * The words (or characters) that a language model knows. The index of one is its place in `words`. Plain data: as
 * JSON it is an object whose `words` are an array of strings, read back with {@link vocabularySchema}.
 */
export interface Vocabulary {
  readonly level: TokenLevel;
  /** All different, at least one. */
  readonly words: readonly string[];
  /** The one of `words` that stands for whatever is not among them; null: there is none. */
  readonly unknown: string | null;
}

/** Reads a vocabulary from JSON. */
export const vocabularySchema = z
  .strictObject({
    level: z.enum(tokenLevels),
    words: z.string().min(1).array().min(1),
    unknown: z.string().nullable(),
  })
  .refine(({ words }) => new Set(words).size === words.length, {
    message: 'a word is there twice',
    path: ['words'],
  })
  .refine(({ words, unknown }) => unknown === null || words.includes(unknown), {
    message: 'is not one of the words',
    path: ['unknown'],
  });

export interface VocabularyOptions {
  readonly level: TokenLevel;
  /** The entry for words that are left out; default null: none may be left out. */
  readonly unknown?: string | null | undefined;
  /** Keep at most so many entries, the most frequent ones; `unknown` counts as one. Default: all. */
  readonly maxSize?: number | undefined;
  /** Keep words that occur at least so often; default 1. */
  readonly minimumCount?: number | undefined;
}

/**
 * The vocabulary of training tokens: `unknown` first, if there is one, then by descending count; of words that occur
 * equally often the one that appeared first.
 * @throws DatasetError `TOKEN_UNKNOWN` where words would be left out and `unknown` is null; `DATASET_FORMAT` for no
 *   tokens at all
 */
export function buildVocabulary(tokens: Iterable<string>, options: VocabularyOptions): Vocabulary {
  const { level, unknown = null, maxSize = Number.POSITIVE_INFINITY, minimumCount = 1 } = options;
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  if (counts.size === 0) {
    throw new DatasetError(
      'DATASET_FORMAT',
      'there are no tokens to make a vocabulary of; expected at least one.',
    );
  }
  if (unknown !== null) counts.delete(unknown);
  // A Map keeps the order of first appearance, and sorting is stable.
  const ordered = [...counts].sort(([, a], [, b]) => b - a);
  const first = unknown === null ? [] : [unknown];
  const kept = ordered
    .filter(([, count]) => count >= minimumCount)
    .slice(0, Math.max(0, maxSize - first.length));
  if (unknown === null && kept.length < ordered.length) {
    throw new DatasetError(
      'TOKEN_UNKNOWN',
      `the training part has ${ordered.length} different ${level}s, of which the limits leave ${kept.length} ` +
        `(at most ${maxSize} entries, each ${level} at least ${minimumCount} times), and nothing stands for the others. ` +
        'Set the option `unknown`, for example to "<unk>", or take the limits away.',
    );
  }
  return { level, words: [...first, ...kept.map(([word]) => word)], unknown };
}

const indices = new WeakMap<Vocabulary, ReadonlyMap<string, number>>();

function indexMap(vocabulary: Vocabulary): ReadonlyMap<string, number> {
  const known = indices.get(vocabulary);
  if (known !== undefined) return known;
  const map = new Map(vocabulary.words.map((word, index) => [word, index]));
  indices.set(vocabulary, map);
  return map;
}

/** The index of a word; that of `unknown` for one that is not there; null where there is no `unknown` either. */
export function indexOf(vocabulary: Vocabulary, word: string): number | null {
  const map = indexMap(vocabulary);
  return map.get(word) ?? (vocabulary.unknown === null ? null : (map.get(vocabulary.unknown) ?? null));
}

/**
 * The indices of tokens, shape [tokens].
 * @param where names the place of a token, for the message
 * @throws DatasetError `TOKEN_UNKNOWN` for a token that is not in a vocabulary without `unknown`
 */
export function encode(
  vocabulary: Vocabulary,
  tokens: readonly string[],
  where: (index: number) => string = (index) => `token ${index + 1} of ${tokens.length}`,
): Int32Array {
  const map = indexMap(vocabulary);
  const fallback = vocabulary.unknown === null ? undefined : map.get(vocabulary.unknown);
  return Int32Array.from(tokens, (token, position) => {
    const index = map.get(token) ?? fallback;
    if (index === undefined) throw unknownToken(vocabulary, tokens, position, where);
    return index;
  });
}

function unknownToken(
  { level, words }: Vocabulary,
  tokens: readonly string[],
  position: number,
  where: (index: number) => string,
): DatasetError {
  const known = new Set(words);
  const missing = tokens.filter((token) => !known.has(token));
  return new DatasetError(
    'TOKEN_UNKNOWN',
    `${where(position)}: the ${level} ${JSON.stringify(tokens[position])} is not in the vocabulary, which has the ` +
      `${words.length} ${level}s of the training part (${missing.length} of ${tokens.length} ${level}s here, ` +
      `${new Set(missing).size} different ones, are not). Set the option \`unknown\`, for example to "<unk>", and all ` +
      `of them share that entry; or train on more text.`,
  );
}

/**
 * The text that indices stand for. Words are joined by single spaces, and the line ends with a line break where
 * `<eos>` stands; characters are joined as they are.
 * @throws DatasetError `TOKEN_UNKNOWN` for an index that is not in the vocabulary
 */
export function decode({ level, words }: Vocabulary, indices: Iterable<number>): string {
  let text = '';
  let lineStarts = true;
  for (const index of indices) {
    const word = words[index];
    if (word === undefined) {
      throw new DatasetError(
        'TOKEN_UNKNOWN',
        `${index} is no index of this vocabulary: expected 0 to ${words.length - 1}.`,
      );
    }
    if (level === 'character') text += word;
    else if (word === endOfLine) text += '\n';
    else text += lineStarts ? word : ` ${word}`;
    lineStarts = word === endOfLine;
  }
  return text;
}
