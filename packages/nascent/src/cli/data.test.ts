import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../test/fixtures/cli.ts';
import { wholeTable } from '../../test/fixtures/paths.ts';
import { registerDataCommand } from './data.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nascent-data-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));
const data = (words: readonly string[]) => runCommand(registerDataCommand, ['data', ...words], { cwd });

/** A record of CIFAR-10's binary layout: a label byte, then 3,072 bytes of image. */
const record = (label: number) => Buffer.concat([Buffer.from([label]), Buffer.alloc(3072, label)]);

function cifar10In(directory: string, first: Buffer): void {
  const batches = join(directory, 'cifar-10-batches-bin');
  mkdirSync(batches, { recursive: true });
  writeFileSync(join(batches, 'data_batch_1.bin'), first);
  for (const name of ['data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch']) {
    writeFileSync(join(batches, `${name}.bin`), record(1));
  }
}

describe('nascent data list', () => {
  it('names every data set', async () => {
    const { out, code } = await data(['list']);
    expect(code).toBe(0);
    for (const name of ['cifar10', 'mnist', 'fashion-mnist', 'penn-treebank']) expect(out).toContain(name);
    expect(out).toContain('50000 + 10000 images');
    expect(out).toContain('929589 + 82430 words');
  });

  it('--json is one JSON array with absent places as null', async () => {
    const entries = JSON.parse((await data(['list', '--json'])).out);
    expect(entries.map((entry: { name: string }) => entry.name)).toContain('cifar10');
    for (const entry of entries) expect(entry).toHaveProperty('path');
    expect(entries.at(0)).toMatchObject({ kind: 'images', examples: { train: 50_000 }, shape: [3, 32, 32] });
    expect(entries.at(-1)).toMatchObject({ kind: 'text', name: 'penn-treebank', words: { test: 82_430 } });
  });
});

describe('nascent data verify', () => {
  it('a readable subset is said to be that, with exit code 1', async () => {
    cifar10In(join(cwd, 'subset'), Buffer.concat([record(0), record(9)]));
    const { code, out, failure } = await data(['verify', 'cifar10', '--dir', 'subset']);
    expect(code).toBe(1);
    expect(out).toContain('✗ training images: 6, expected 50000');
    expect(failure).toMatchObject({ message: expect.stringContaining('nascent data fetch cifar10') });
  });

  it('finds the data set also below the directory that `fetch --dir` was given', async () => {
    cifar10In(join(cwd, 'all', 'cifar10'), record(3));
    const { out } = await data(['verify', 'cifar10', '--dir', 'all', '--json']);
    expect(JSON.parse(out)).toMatchObject({ complete: false, examples: { train: 5, test: 1 } });
  });

  it.each([
    ['a truncated batch file', record(1).subarray(0, 3000), 'DATASET_TRUNCATED'],
    ['a label that is no class', record(10), 'DATASET_LABEL_INVALID'],
  ])('%s is named with its file', async (_, first, code) => {
    cifar10In(join(cwd, code), first);
    const { failure } = await data(['verify', 'cifar10', '--dir', code]);
    expect(failure).toMatchObject({ code, message: expect.stringContaining('data_batch_1.bin') });
  });

  it('where there is nothing, it says how to get it', async () => {
    mkdirSync(join(cwd, 'empty'), { recursive: true });
    const { code, failure } = await data(['verify', 'mnist', '--dir', 'empty']);
    expect(code).toBe(1);
    expect(failure).toMatchObject({ message: expect.stringContaining('nascent data fetch mnist') });
  });
});

describe('nascent data verify penn-treebank', () => {
  it('other text in its files is said to be that, with exit code 1', async () => {
    const place = join(cwd, 'texts', 'ptb');
    mkdirSync(place, { recursive: true });
    for (const part of ['train', 'valid', 'test'])
      writeFileSync(join(place, `ptb.${part}.txt`), ' the cat sat \n');
    const { code, out, failure } = await data(['verify', 'penn-treebank', '--dir', 'texts']);
    expect(code).toBe(1);
    expect(out).toContain('✗ lines of ptb.train.txt: 1, expected 42068');
    expect(out).toContain('✓ test words that the training part lacks: 0');
    expect(failure).toMatchObject({
      code: 'DATASET_INCOMPLETE',
      message: expect.stringContaining("name: 'text'"),
    });
  });

  it('where there is nothing, it says how to supply it', async () => {
    const { code, failure } = await data(['verify', 'penn-treebank', '--dir', 'nowhere']);
    expect(code).toBe(1);
    expect(failure).toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringMatching(/no files of penn-treebank in .*nowhere.*NASCENT_DATA\/penn-treebank/),
    });
  });

  const published = wholeTable('ptb/ptb.train.txt.gz');
  it.skipIf(published === undefined)('the published files pass, where they are there', async () => {
    const dir = dirname(published ?? '');
    const { code, out } = await data(['verify', 'penn-treebank', '--dir', dir]);
    expect(code).toBe(0);
    expect(out).toContain('✓ different training words: 10000');
    expect(out).toMatch(/complete$/);
    const json = JSON.parse((await data(['verify', 'penn-treebank', '--dir', dir, '--json'])).out);
    expect(json).toMatchObject({ complete: true, words: { train: 929_589 } });
  });
});

describe('nascent data fetch', () => {
  it('refuses a name that it does not know, and says which it does', async () => {
    const { failure, err } = await data(['fetch', 'cifar1O']);
    expect(failure).toMatchObject({ code: 'commander.invalidArgument' });
    expect(err).toContain('cifar10, mnist, fashion-mnist');
  });

  it('does not fetch Penn Treebank, says why and what to do instead', async () => {
    const { code, failure } = await data(['fetch', 'penn-treebank']);
    expect(code).toBe(1);
    expect(failure).toMatchObject({
      code: 'DATASET_NOT_FREE',
      message: expect.stringMatching(/no free licence.*ptb\.train\.txt.*NASCENT_DATA.*--dir/),
    });
  });

  it('leaves what is there alone', async () => {
    cifar10In(join(cwd, 'there', 'cifar10'), record(3));
    const { code, out } = await data(['fetch', 'cifar10', '--dir', 'there']);
    expect(code).toBe(0);
    expect(out).toContain('already in');
    expect(out).toContain('--replace');
  });

  it('a directory that cannot be is refused before anything is downloaded', async () => {
    writeFileSync(join(cwd, 'file'), '');
    const { failure } = await data(['fetch', 'mnist', '--dir', 'file/below']);
    expect(failure).toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE' });
  });
});
