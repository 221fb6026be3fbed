import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { fixtures } from '../../../test/fixtures/paths.ts';
import { loadTestText, loadTrainingText } from './load-text.ts';
import { textOptionsSchema } from './text-options.ts';
import { decode } from './vocabulary.ts';

type Input = z.input<typeof textOptionsSchema>;
const novel = { path: join(fixtures.text, 'war-and-peace.txt'), unknown: '<unk>' };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-text-'));
});
afterEach(() => rm(directory, { recursive: true }));

const open = (options: Input) =>
  loadTrainingText(textOptionsSchema.parse({ name: 'text', ...options }), { configDirectory: directory });
const openTest = (options: Input) =>
  loadTestText(textOptionsSchema.parse({ name: 'text', ...options }), { configDirectory: directory });
const write = (name: string, content: string | Uint8Array) => writeFile(join(directory, name), content);

describe('a novel', () => {
  // Counted by Python: str.split on each line that has words, one <eos> a line.
  it('word by word is 8 : 1 : 1, in its order', async () => {
    const { name, vocabulary, train, validation, checksum } = await open(novel);
    expect(name).toBe('war-and-peace.txt');
    expect([train.length, validation.length]).toEqual([17_893, 2280]);
    expect(vocabulary.words).toHaveLength(4316 + 1); // and <unk>
    expect(vocabulary.words.slice(0, 4)).toEqual(['<unk>', '<eos>', 'the', 'and']);
    expect(decode(vocabulary, train.subarray(0, 12))).toBe(
      'BOOK ONE: 1805\nCHAPTER I\n“Well, Prince, so Genoa and',
    );
    // Pinned: studies store it. Where it changes, CHANGELOG says under "results change" why.
    expect(checksum).toBe('a7baabb0d2fba7bd4f05962cdff5c72d0f1ce315dc8098972063b127fb314bbe');
    const test = await openTest(novel);
    expect(test.test.length).toBe(2284);
    expect(test.vocabulary).toEqual(vocabulary);
  });

  it('character by character gives every character back', async () => {
    const options: Input = { ...novel, unknown: null, level: 'character' };
    const { vocabulary, train, validation, checksum } = await open(options);
    const { test } = await openTest(options);
    expect([train.length, validation.length, test.length]).toEqual([93_396, 11_675, 11_674]);
    const text = [train, validation, test].map((part) => decode(vocabulary, part)).join('');
    expect(text).toBe(await readFile(novel.path, 'utf8'));
    expect(vocabulary.words).toHaveLength(88);
    expect(checksum).toBe('112e3688df0d74356b8b4320cfdce557925cfe610c8a2d47102cdf56400da4c8');
  });

  it('is the same packed', async () => {
    await write('war-and-peace.txt.gz', gzipSync(await readFile(novel.path)));
    const plain = await open(novel);
    expect(await open({ ...novel, path: 'war-and-peace.txt' })).toEqual(plain);
    expect(await open({ ...novel, path: 'war-and-peace.txt.gz' })).toEqual(plain);
  });

  it('with a small vocabulary has the same length and more unknown words', async () => {
    const [whole, small] = [await open(novel), await open({ ...novel, vocabularySize: 500 })];
    expect(small.vocabulary.words).toEqual(whole.vocabulary.words.slice(0, 500));
    expect(small.train.length).toBe(whole.train.length);
    expect(small.checksum).not.toBe(whole.checksum);
    const twice = await open({ ...novel, minimumCount: 2 });
    expect(twice.vocabulary.words.length).toBeLessThan(whole.vocabulary.words.length);
  });

  it('has another checksum with another text, vocabulary or split', async () => {
    const variants: Input[] = [
      novel,
      { ...novel, validationFraction: 0.2 },
      { ...novel, unknown: '[UNK]' },
      { ...novel, level: 'character' },
      { ...novel, validationTokens: 2279 },
    ];
    const checksums = await Promise.all(variants.map(async (options) => (await open(options)).checksum));
    expect(new Set(checksums).size).toBe(variants.length);
  });
});

describe('fewer tokens', () => {
  it('are the first of each part, with the vocabulary of these alone', async () => {
    const whole = await open(novel);
    const few = await open({ ...novel, trainTokens: 100, validationTokens: 50 });
    const written = (dataset: typeof whole, count: number): string =>
      decode(dataset.vocabulary, dataset.train.subarray(0, count));
    expect(written(few, 100)).toBe(written(whole, 100));
    expect([few.train.length, few.validation.length]).toEqual([100, 50]);
    expect(few.vocabulary.words.length).toBeLessThanOrEqual(101);
    const { vocabulary } = await openTest({ ...novel, trainTokens: 100 });
    expect(vocabulary).toEqual(few.vocabulary);
  });

  it('more than there are is refused with the number there is', async () => {
    await expect(open({ ...novel, trainTokens: 17_894 })).rejects.toMatchObject({
      code: 'SPLIT_INVALID',
      message: expect.stringMatching(
        /`trainTokens` asks for 17894 words, but .* has 17893\. Set it to at most 17893/,
      ),
    });
    await expect(open({ ...novel, validationTokens: 99_999 })).rejects.toMatchObject({
      message: expect.stringContaining('`validationTokens`'),
    });
  });
});

describe('parts in files of their own', () => {
  beforeEach(async () => {
    await write('train.txt', 'a b c\nd e\n');
    await write('valid.txt', 'b a\n');
    await write('test.txt', 'e d c\n');
  });

  it('are read whole, and the training file is all training', async () => {
    const options = { path: 'train.txt', validationPath: 'valid.txt', testPath: 'test.txt' };
    const { vocabulary, train, validation } = await open(options);
    expect(decode(vocabulary, train)).toBe('a b c\nd e\n');
    expect(decode(vocabulary, validation)).toBe('b a\n');
    const { test } = await openTest(options);
    expect(decode(vocabulary, test)).toBe('e d c\n');
  });

  it('a test file is not opened for training', async () => {
    const options = { path: 'train.txt', validationPath: 'valid.txt', testPath: 'nowhere.txt' };
    expect((await open(options)).train.length).toBe(7);
    await expect(openTest(options)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringContaining(join(directory, 'nowhere.txt')),
    });
  });

  it('an unknown word is told with its file and line', async () => {
    await write('valid.txt', 'b a\n\nb zebra c okapi zebra\n');
    await expect(
      open({ path: 'train.txt', validationPath: 'valid.txt', testPath: 'test.txt' }),
    ).rejects.toMatchObject({
      code: 'TOKEN_UNKNOWN',
      message: expect.stringMatching(
        /valid\.txt, line 3, word 2 \(validation part\): the word "zebra" is not in the vocabulary, which has the 6 words of the training part \(3 of 9 words here, 2 different ones, are not\)\. Set the option `unknown`, for example to "<unk>"/,
      ),
    });
  });
});

describe('a part of a file', () => {
  it('tells the line of an unknown word as the file counts it', async () => {
    const text = await readFile(novel.path, 'utf8');
    const message = await open({ path: novel.path }).catch((error: Error) => error.message);
    const [, line = '', position = '', word = ''] =
      /line (\d+), word (\d+) \(validation part\): the word "([^"]*)"/.exec(String(message)) ?? [];
    expect(word).toBe('weren’t');
    expect(text.split('\n')[Number(line) - 1]?.trim().split(/\s+/)[Number(position) - 1]).toBe(word);
  });

  it('likewise of a character', async () => {
    await write('text', 'aaaa\naaaaaz\n');
    await expect(
      open({ path: 'text', level: 'character', validationFraction: 0.4, testFraction: 0 }),
    ).rejects.toThrow(/line 2, character 6 \(validation part\): the character "z"/);
  });

  it.each([
    [
      'words are whole lines',
      'one line only\n',
      {},
      /the training part of .* is empty: 0 characters of it, 0 words.*whole lines/,
    ],
    [
      'validation has none',
      'a b\n'.repeat(20),
      { validationFraction: 0.001, testFraction: 0.5 },
      /the validation part .* is empty.*`validationFraction`/,
    ],
    [
      'validation has blank lines only',
      `a b\n${'\n'.repeat(9)}`,
      { validationFraction: 0.3, testFraction: 0 },
      /the validation part .* is empty: \d+ characters of it, 0 words/,
    ],
    [
      'the fractions take all',
      'a b\n'.repeat(20),
      { validationFraction: 0.6, testFraction: 0.5 },
      /leaves nothing to train on/,
    ],
  ] as const)('that is empty is refused: %s', async (_, text, fractions, message) => {
    await write('text', text);
    await expect(open({ path: 'text', ...fractions })).rejects.toMatchObject({
      code: 'SPLIT_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('a test part that the options leave out is refused when it is asked for', async () => {
    await write('text', 'a b\n'.repeat(20));
    expect((await open({ path: 'text', testFraction: 0 })).train.length).toBe(54);
    await expect(openTest({ path: 'text', testFraction: 0 })).rejects.toMatchObject({
      code: 'SPLIT_INVALID',
      message: expect.stringContaining('`testFraction`'),
    });
  });
});

describe('a file that is no text', () => {
  it.each([
    ['nothing in it', new Uint8Array(0), 'DATASET_FORMAT', /text has 0 bytes and no words/],
    ['nothing but blanks', Buffer.from(' \n\n '), 'DATASET_FORMAT', /text has 4 bytes and no words/],
    [
      'another encoding',
      Buffer.from('caf\xe9 au lait', 'latin1'),
      'DATASET_FORMAT',
      /text is not UTF-8 at byte 3 .*iconv/,
    ],
  ] as const)('is refused: %s', async (_, bytes, code, message) => {
    await write('text', bytes);
    await expect(open({ path: 'text' })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('a .gz that is cut off is refused', async () => {
    const packed = gzipSync(await readFile(novel.path));
    await write('text.gz', packed.subarray(0, packed.length - 1000));
    for (const path of ['text', 'text.gz'])
      await expect(open({ path })).rejects.toMatchObject({
        code: 'DATASET_TRUNCATED',
        message: expect.stringContaining(`${join(directory, 'text.gz')} (`),
      });
  });

  it('a missing file is named as it was looked for', async () => {
    await expect(open({ path: 'nowhere.txt' })).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringContaining(`there is no file ${join(directory, 'nowhere.txt')}`),
    });
  });

  it('a directory is refused', async () => {
    await mkdir(join(directory, 'text'));
    await expect(open({ path: 'text' })).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
  });
});
