import { basename, resolve } from 'node:path';
import { DatasetError } from '../errors.ts';
import { readDataFile } from '../read-file.ts';
import { splitText, type TextPiece } from './split-text.ts';
import {
  firstTokens,
  type TestText,
  type TextDataset,
  withTestChecksum,
  withTextChecksum,
} from './text-dataset.ts';
import type { TextOptions } from './text-options.ts';
import { countTokens, placeOfToken, type TokenLevel, tokenise } from './tokens.ts';
import { decodeUtf8 } from './utf8.ts';
import { buildVocabulary, encode, type Vocabulary } from './vocabulary.ts';

/** The options of one text file; `path` is there. */
export type TextFileOptions = Omit<TextOptions, 'name' | 'path'> & { readonly path: string };

type Part = 'train' | 'validation' | 'test';

const optionOf: Readonly<Record<Part, string>> = {
  train: 'the fractions',
  validation: '`validationFraction`',
  test: '`testFraction`',
};

async function readText(path: string): Promise<string> {
  const file = await readDataFile([path], 'Copy it again from where you have it.');
  if (file === null) {
    throw new DatasetError(
      'DATASET_NOT_FOUND',
      `there is no file ${path} (looked for it also with .gz). Name the text file with the option \`path\`; ` +
        'a relative path starts at the config file.',
    );
  }
  const text = decodeUtf8(file);
  if (text.trim() !== '') return text;
  throw new DatasetError(
    'DATASET_FORMAT',
    `${file.path} has ${file.bytes.length} bytes and no words: expected a text.`,
  );
}

/** The parts that `path` holds, by the fractions. */
async function openMainFile(options: TextFileOptions, directory: string) {
  const { validationPath, testPath, level } = options;
  const path = resolve(directory, options.path);
  const validation = options.validationFraction ?? (validationPath === undefined ? 0.1 : 0);
  const test = options.testFraction ?? (testPath === undefined ? 0.1 : 0);
  return splitText(path, await readText(path), { validation, test }, level);
}

async function openPart(main: TextPiece, path: string | undefined, directory: string): Promise<TextPiece> {
  if (path === undefined) return main;
  const resolved = resolve(directory, path);
  return { path: resolved, text: await readText(resolved), firstLine: 1, firstPosition: 1 };
}

/** The tokens of one part, at least one. */
function tokensOf(piece: TextPiece, part: Part, level: TokenLevel): string[] {
  const tokens = tokenise(piece.text, level);
  if (tokens.length > 0) return tokens;
  throw new DatasetError(
    'SPLIT_INVALID',
    `the ${part === 'train' ? 'training' : part} part of ${piece.path} is empty: ${piece.text.length} characters of it, ` +
      `${countTokens(0, level)}. Expected at least one ${level} in each part${level === 'word' ? ', which are whole lines' : ''}. ` +
      `Change ${optionOf[part]}, or use a longer text.`,
  );
}

/** The indices of one part's tokens; an unknown one is told with its line. */
function encodePart(
  vocabulary: Vocabulary,
  tokens: readonly string[],
  piece: TextPiece,
  part: Part,
): Int32Array {
  const { level } = vocabulary;
  return encode(vocabulary, tokens, (index) => {
    const { line, position } = placeOfToken(piece.text, level, index);
    const shift = level === 'character' && line === 1 ? piece.firstPosition - 1 : 0;
    return `${piece.path}, line ${piece.firstLine + line - 1}, ${level} ${position + shift} (${part} part)`;
  });
}

/** The training tokens that are used, and their vocabulary. */
function trainingTokens(
  train: TextPiece,
  options: TextFileOptions,
): { readonly tokens: string[]; readonly vocabulary: Vocabulary } {
  const { level, unknown, vocabularySize, minimumCount, trainTokens } = options;
  const tokens = firstTokens(tokensOf(train, 'train', level), trainTokens, 'trainTokens', level);
  const vocabulary = buildVocabulary(tokens, { level, unknown, maxSize: vocabularySize, minimumCount });
  return { tokens, vocabulary };
}

const nameOf = (path: string): string => basename(path).replace(/\.gz$/, '');

/**
 * Loads the training and validation parts of a text file. The vocabulary is that of the training tokens that are
 * used: of the first `trainTokens`, where that is set. Never opens `testPath`.
 * @param directory a relative path in the options starts here
 * @throws DatasetError `DATASET_NOT_FOUND`, `DATASET_TRUNCATED` for a damaged .gz, `DATASET_FORMAT` for no UTF-8 or an
 *   empty file, `SPLIT_INVALID` for an empty part, `TOKEN_UNKNOWN` for a word of the validation part that the
 *   training part lacks
 */
export async function loadTextFile(options: TextFileOptions, directory: string): Promise<TextDataset> {
  const { level, validationTokens } = options;
  const main = await openMainFile(options, directory);
  const { tokens, vocabulary } = trainingTokens(main.train, options);
  const piece = await openPart(main.validation, options.validationPath, directory);
  const validation = firstTokens(
    tokensOf(piece, 'validation', level),
    validationTokens,
    'validationTokens',
    level,
  );
  return withTextChecksum({
    name: nameOf(options.path),
    vocabulary,
    train: encode(vocabulary, tokens),
    validation: encodePart(vocabulary, validation, piece, 'validation'),
  });
}

/**
 * Loads the test part of a text file, encoded with the vocabulary of its training part. For the final test of a
 * finished design only.
 * @throws DatasetError as {@link loadTextFile}; `SPLIT_INVALID` where the options leave no test part
 */
export async function loadTextFileTest(options: TextFileOptions, directory: string): Promise<TestText> {
  const main = await openMainFile(options, directory);
  const { vocabulary } = trainingTokens(main.train, options);
  const piece = await openPart(main.test, options.testPath, directory);
  const test = tokensOf(piece, 'test', options.level);
  return withTestChecksum({
    name: nameOf(options.path),
    vocabulary,
    test: encodePart(vocabulary, test, piece, 'test'),
  });
}
