import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { DatasetError } from '../errors.ts';
import type { LoadOptions } from '../load.ts';
import { firstWith, hasDataFile, processSurroundings, searchPath } from '../location.ts';
import { type DataFile, readDataFile } from '../read-file.ts';
import {
  firstTokens,
  type TestText,
  type TextDataset,
  withTestChecksum,
  withTextChecksum,
} from './text-dataset.ts';
import { type TokenLevel, tokenise } from './tokens.ts';
import { decodeUtf8 } from './utf8.ts';
import { buildVocabulary, encode, type Vocabulary } from './vocabulary.ts';

export type PennTreebankPart = 'train' | 'validation' | 'test';

/** What is known of one file, unpacked. Words count one `<eos>` a line. */
export interface PennTreebankFacts {
  readonly file: string;
  readonly lines: number;
  readonly words: number;
  readonly md5: string;
}

/**
 * Penn Treebank (Marcus, Santorini, Marcinkiewicz 1993) as Mikolov prepared it for language models (2010): lower
 * case, numbers as `N`, rare words as `<unk>`, one sentence a line between two spaces. No free licence is known of
 * it: Nascent neither carries nor fetches it.
 */
export const pennTreebank = {
  name: 'penn-treebank',
  /** What its directory may be called. */
  directories: ['penn-treebank', 'ptb'],
  unknown: '<unk>',
  /** Different words of the training part, `<unk>` and `<eos>` among them. */
  vocabularySize: 10_000,
  parts: {
    train: {
      file: 'ptb.train.txt',
      lines: 42_068,
      words: 929_589,
      md5: 'f26c4b92c5fdc7b3f8c7cdcb991d8420',
    },
    validation: {
      file: 'ptb.valid.txt',
      lines: 3_370,
      words: 73_760,
      md5: 'aa0affc06ff7c36e977d7cd49e3839bf',
    },
    test: {
      file: 'ptb.test.txt',
      lines: 3_761,
      words: 82_430,
      md5: '8b80168b89c18661a38ef683c0dc3721',
    },
  } satisfies Readonly<Record<PennTreebankPart, PennTreebankFacts>>,
} as const;

/** The sentence that ends every message about missing files of Penn Treebank. */
export const supplyPennTreebank =
  'Nascent cannot fetch it, for no free licence of it is known (the text is licensed by the LDC): put ' +
  'ptb.train.txt, ptb.valid.txt and ptb.test.txt, each plain or with .gz, into $NASCENT_DATA/penn-treebank or ' +
  './data/penn-treebank (or ptb), or name their directory with the option `path` (`--dir` of `nascent data verify`).';

/** The directories in which it is looked for: that of `path`, or the search path. */
export function pennTreebankPlaces({ path, surroundings = processSurroundings() }: LoadOptions): {
  readonly directories: readonly string[];
  readonly inner: readonly string[];
} {
  const { directories } = pennTreebank;
  // Mikolov's archive has the files in simple-examples/data.
  const inner = ['data', 'simple-examples/data'];
  return path === undefined
    ? { directories: searchPath(directories, surroundings), inner }
    : { directories: [resolve(surroundings.cwd, path)], inner: [...directories, ...inner] };
}

/** The directory with Penn Treebank's files; null where the search path (or `path`) has none. Looks at names only. */
export function locatePennTreebank(options: LoadOptions = {}): string | null {
  const { directories, inner } = pennTreebankPlaces(options);
  const { train, validation } = pennTreebank.parts;
  return firstWith(directories, inner, (directory) =>
    [train, validation].some(({ file }) => hasDataFile(join(directory, file))),
  );
}

/** One file of Penn Treebank as found, whatever it holds. */
export interface PennTreebankFile {
  readonly path: string;
  /** Of the unpacked bytes, hexadecimal. */
  readonly md5: string;
  readonly text: string;
}

/**
 * Reads one file, plain or with `.gz`, without comparing it.
 * @throws DatasetError `DATASET_NOT_FOUND`, `DATASET_TRUNCATED` for a damaged .gz, `DATASET_FORMAT` for no UTF-8
 */
export async function readPennTreebank(directory: string, part: PennTreebankPart): Promise<PennTreebankFile> {
  const file: DataFile | null = await readDataFile(
    [join(directory, pennTreebank.parts[part].file)],
    'Copy it again from where you have it.',
  );
  if (file === null) {
    throw new DatasetError(
      'DATASET_NOT_FOUND',
      `${directory} lacks ${pennTreebank.parts[part].file} (looked for it also with .gz). ${supplyPennTreebank}`,
    );
  }
  const md5 = createHash('md5').update(file.bytes).digest('hex');
  return { path: file.path, md5, text: decodeUtf8(file) };
}

/**
 * The tokens of one file's text.
 *
 * - `word`: the words, and `<eos>` at each line's end; 929,589, 73,760 and 82,430 of them
 * - `character`: the characters of each line without the spaces around it, and its line break; 5,017,482, 393,042
 *   and 442,423 of them, of 50 kinds. That is the text of the usual character-level Penn Treebank, which
 *   writes a space as `_`; `<unk>` is five characters.
 */
export function pennTreebankTokens(text: string, level: TokenLevel): string[] {
  return tokenise(level === 'word' ? text : text.replace(/^ +| +$/gm, ''), level);
}

/** The vocabulary of the training part's tokens. At word level `<unk>` also takes words that are not in it. */
export function pennTreebankVocabulary(tokens: readonly string[], level: TokenLevel): Vocabulary {
  return buildVocabulary(tokens, { level, unknown: level === 'word' ? pennTreebank.unknown : null });
}

/** The tokens of a file that is the published one. */
async function publishedTokens(
  directory: string,
  part: PennTreebankPart,
  level: TokenLevel,
): Promise<string[]> {
  const { path, md5, text } = await readPennTreebank(directory, part);
  const facts = pennTreebank.parts[part];
  if (md5 === facts.md5) return pennTreebankTokens(text, level);
  throw new DatasetError(
    'DATASET_DIFFERS',
    `${path} has the md5 ${md5}; the published ${facts.file} has ${facts.md5}. It is damaged or another text, whose ` +
      'perplexities mean something else: see what differs with `nascent data verify penn-treebank`. ' +
      "To use it as it is, load it as a plain text: name: 'text', path: the file.",
  );
}

function located(options: LoadOptions): string {
  const directory = locatePennTreebank(options);
  if (directory !== null) return directory;
  throw new DatasetError(
    'DATASET_NOT_FOUND',
    `no files of penn-treebank in ${pennTreebankPlaces(options).directories.join(', ')}. ${supplyPennTreebank}`,
  );
}

export interface PennTreebankOptions extends LoadOptions {
  readonly level: TokenLevel;
  /** Take only the first so many tokens; the vocabulary stays that of the whole training part. */
  readonly trainTokens?: number | undefined;
  readonly validationTokens?: number | undefined;
}

/**
 * Loads ptb.train.txt and ptb.valid.txt. Never opens ptb.test.txt.
 * @throws DatasetError where files are missing, damaged or not the published ones, and for more tokens than there are
 */
export async function loadPennTreebank(options: PennTreebankOptions): Promise<TextDataset> {
  const { level, trainTokens, validationTokens } = options;
  const directory = located(options);
  const [train, validation] = await Promise.all([
    publishedTokens(directory, 'train', level),
    publishedTokens(directory, 'validation', level),
  ]);
  const vocabulary = pennTreebankVocabulary(train, level);
  return withTextChecksum({
    name: pennTreebank.name,
    vocabulary,
    train: encode(vocabulary, firstTokens(train, trainTokens, 'trainTokens', level)),
    validation: encode(vocabulary, firstTokens(validation, validationTokens, 'validationTokens', level)),
  });
}

/**
 * Loads ptb.test.txt (and ptb.train.txt, for the vocabulary). For the final test of a finished design only.
 * @throws DatasetError where files are missing, damaged or not the published ones
 */
export async function loadPennTreebankTest(
  options: Pick<PennTreebankOptions, 'level' | 'path' | 'surroundings'>,
): Promise<TestText> {
  const { level } = options;
  const directory = located(options);
  const vocabulary = pennTreebankVocabulary(await publishedTokens(directory, 'train', level), level);
  const test = await publishedTokens(directory, 'test', level);
  return withTestChecksum({ name: pennTreebank.name, vocabulary, test: encode(vocabulary, test) });
}
