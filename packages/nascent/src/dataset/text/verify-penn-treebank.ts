import type { LoadOptions } from '../load.ts';
import type { Check } from '../verify.ts';
import {
  locatePennTreebank,
  type PennTreebankFile,
  type PennTreebankPart,
  pennTreebank,
  pennTreebankTokens,
  pennTreebankVocabulary,
  readPennTreebank,
} from './penn-treebank.ts';
import { withTestChecksum, withTextChecksum } from './text-dataset.ts';
import { encode, type Vocabulary } from './vocabulary.ts';

export interface TextVerification {
  readonly name: typeof pennTreebank.name;
  /** The directory with the files. */
  readonly path: string;
  /** Words of each part, one `<eos>` a line. */
  readonly words: Readonly<Record<PennTreebankPart, number>>;
  /** SHA-256 at word level: of training and validation together (what a study records), and of the test. */
  readonly checksums: { readonly train: string; readonly test: string };
  /** True where every check passes. */
  readonly complete: boolean;
  readonly checks: readonly Check[];
}

const parts = ['train', 'validation', 'test'] as const;

/**
 * Reads every file of Penn Treebank, the test included, and compares it with what is known of it.
 * @returns null where no files of it are found
 * @throws DatasetError where a file is missing or cannot be read
 */
export async function verifyPennTreebank(options: LoadOptions = {}): Promise<TextVerification | null> {
  const path = locatePennTreebank(options);
  if (path === null) return null;
  const train = await readWords(path, 'train');
  const validation = await readWords(path, 'validation');
  const test = await readWords(path, 'test');
  const files = { train, validation, test };
  const vocabulary = pennTreebankVocabulary(train.words, 'word');
  const checks = [
    ...parts.flatMap((part) => checkFile(part, files[part])),
    same('different training words', vocabulary.words.length, pennTreebank.vocabularySize),
    same('validation words that the training part lacks', missing(vocabulary, validation.words), 0),
    same('test words that the training part lacks', missing(vocabulary, test.words), 0),
  ];
  const encoded = (part: PennTreebankPart): Int32Array => encode(vocabulary, files[part].words);
  const { name } = pennTreebank;
  const seen = { name, vocabulary, train: encoded('train'), validation: encoded('validation') };
  return {
    name,
    path,
    words: { train: train.words.length, validation: validation.words.length, test: test.words.length },
    checksums: {
      train: withTextChecksum(seen).checksum,
      test: withTestChecksum({ name, vocabulary, test: encoded('test') }).checksum,
    },
    complete: checks.every((check) => check.ok),
    checks,
  };
}

interface Words extends PennTreebankFile {
  readonly words: readonly string[];
}

async function readWords(directory: string, part: PennTreebankPart): Promise<Words> {
  const file = await readPennTreebank(directory, part);
  return { ...file, words: pennTreebankTokens(file.text, 'word') };
}

function checkFile(part: PennTreebankPart, { text, words, md5 }: Words): readonly Check[] {
  const { file, ...facts } = pennTreebank.parts[part];
  return [
    same(`lines of ${file}`, text.split('\n').length - 1, facts.lines),
    same(`words of ${file}, one <eos> a line`, words.length, facts.words),
    same(`md5 of ${file}`, md5, facts.md5),
  ];
}

/** How many different words the vocabulary lacks. */
function missing({ words }: Vocabulary, tokens: readonly string[]): number {
  const known = new Set(words);
  return new Set(tokens.filter((token) => !known.has(token))).size;
}

function same(what: string, found: number | string, expected: number | string): Check {
  return { what, found: String(found), expected: String(expected), ok: found === expected };
}
