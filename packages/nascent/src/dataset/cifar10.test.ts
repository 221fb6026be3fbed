import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { cifar10, encodeCifarRecords, loadCifar10, locateCifar10, parseCifarRecords } from './cifar10.ts';
import { classCounts } from './image-dataset.ts';
import { loadTestImages, loadTrainingImages } from './load.ts';

const slice = join(fixtures.cifar10, cifar10.directory);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-cifar10-'));
  const files = [...cifar10.trainingFiles, ...cifar10.testFiles].map((file) => `${file}.gz`);
  await Promise.all(
    [...files, cifar10.classesFile].map((file) => copyFile(join(slice, file), join(directory, file))),
  );
});

afterEach(() => rm(directory, { recursive: true }));

const unpacked = async (file: string): Promise<Buffer> =>
  gunzipSync(await readFile(join(slice, `${file}.gz`)));

describe('CIFAR-10', () => {
  it('reads the record count from the length of the files', async () => {
    const train = await loadCifar10(directory, 'train');
    const test = await loadCifar10(directory, 'test');
    expect(train.labels.length).toBe(100);
    expect(train.images.length).toBe(100 * 3072);
    expect(classCounts(train)).toEqual(Array(10).fill(10));
    expect(test.labels.length).toBe(30);
    expect([train.part, test.part]).toEqual(['train', 'test']);
  });

  it('reads the batches in order, labels and pixels where the official layout has them', async () => {
    const train = await loadCifar10(directory, 'train');
    const second = await unpacked('data_batch_2.bin');
    expect(train.labels[20]).toBe(second[0]);
    expect(train.images[20 * 3072]).toBe(second[1]);
    expect(train.images[21 * 3072 - 1]).toBe(second[3072]);
    // The official training set starts with a frog and two trucks; the slice keeps that order.
    expect([...train.labels.subarray(0, 5)]).toEqual([6, 9, 9, 4, 1]);
    expect(train.classes[6]).toBe('frog');
  });

  it('has the same checksum packed and unpacked, and another for other pixels', async () => {
    const packed = await loadCifar10(directory, 'train');
    const bytes = await unpacked('data_batch_1.bin');
    await writeFile(join(directory, 'data_batch_1.bin'), bytes);
    await rm(join(directory, 'data_batch_1.bin.gz'));
    expect((await loadCifar10(directory, 'train')).checksum).toBe(packed.checksum);
    bytes[100] = (bytes[100] as number) ^ 1;
    await writeFile(join(directory, 'data_batch_1.bin'), bytes);
    expect((await loadCifar10(directory, 'train')).checksum).not.toBe(packed.checksum);
  });

  it('is found in a directory or in its parent', () => {
    expect(locateCifar10(['/nowhere', fixtures.cifar10])).toBe(slice);
    expect(locateCifar10([slice])).toBe(slice);
    expect(locateCifar10(['/nowhere'])).toBeNull();
  });

  it('writes back what it read', async () => {
    const bytes = await unpacked('test_batch.bin');
    expect(Buffer.from(encodeCifarRecords(parseCifarRecords({ path: 'x', bytes }))).equals(bytes)).toBe(true);
  });
});

describe('damaged CIFAR-10', () => {
  it('a truncated batch file is refused with its length, what was expected, and how to fetch it again', async () => {
    const bytes = await unpacked('data_batch_3.bin');
    await rm(join(directory, 'data_batch_3.bin.gz'));
    await writeFile(join(directory, 'data_batch_3.bin'), bytes.subarray(0, 10_000));
    await expect(loadCifar10(directory, 'train')).rejects.toMatchObject({
      name: 'DatasetError',
      code: 'DATASET_TRUNCATED',
      message: expect.stringMatching(
        /data_batch_3\.bin has 10000 bytes, which is 3 whole records of 3073 bytes and 781 bytes more\..*nascent data fetch cifar10/,
      ),
    });
  });

  it('an empty batch file is refused', async () => {
    await writeFile(join(directory, 'data_batch_1.bin'), '');
    await expect(loadCifar10(directory, 'train')).rejects.toMatchObject({ code: 'DATASET_TRUNCATED' });
  });

  it('a cut .gz file is refused', async () => {
    const packed = await readFile(join(directory, 'data_batch_4.bin.gz'));
    await writeFile(join(directory, 'data_batch_4.bin.gz'), packed.subarray(0, packed.length - 100));
    await expect(loadCifar10(directory, 'train')).rejects.toMatchObject({
      code: 'DATASET_TRUNCATED',
      message: expect.stringContaining('data_batch_4.bin.gz'),
    });
  });

  it('a wrong label byte is refused with file, record, value and what is allowed', async () => {
    const bytes = await unpacked('data_batch_5.bin');
    bytes[7 * 3073] = 10;
    await writeFile(join(directory, 'data_batch_5.bin'), bytes);
    await expect(loadCifar10(directory, 'train')).rejects.toMatchObject({
      code: 'DATASET_LABEL_INVALID',
      message: expect.stringMatching(
        /data_batch_5\.bin: record 7 .*byte 21511.* has the label 10, which is not one of 0 to 9/,
      ),
    });
  });

  it('missing batch files are named', async () => {
    await rm(join(directory, 'data_batch_2.bin.gz'));
    await rm(join(directory, 'data_batch_4.bin.gz'));
    await expect(loadCifar10(directory, 'train')).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringContaining('lacks data_batch_2.bin, data_batch_4.bin'),
    });
  });

  it('a class list of another length is refused', async () => {
    await writeFile(join(directory, cifar10.classesFile), 'cat\ndog\n');
    await expect(loadCifar10(directory, 'train')).rejects.toMatchObject({ code: 'DATASET_FORMAT' });
  });
});

describe('loading by name', () => {
  it('test images are not read with the training images', async () => {
    await rm(join(directory, 'test_batch.bin.gz'));
    expect((await loadTrainingImages('cifar10', { path: directory })).labels.length).toBe(100);
    await expect(loadTestImages('cifar10', { path: directory })).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
    });
  });

  it('a data set that is nowhere is refused with the places that were searched and what to type', async () => {
    await expect(
      loadTrainingImages('cifar10', { path: 'nowhere', surroundings: { cwd: '/tmp', env: {} } }),
    ).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringMatching(/no files of cifar10 in \/tmp\/nowhere.*nascent data fetch cifar10/),
    });
  });

  it('NASCENT_DATA is searched first', async () => {
    const surroundings = { cwd: '/tmp', env: { NASCENT_DATA: join(fixtures.cifar10, '..') } };
    expect((await loadTrainingImages('cifar10', { surroundings })).labels.length).toBe(100);
  });
});
