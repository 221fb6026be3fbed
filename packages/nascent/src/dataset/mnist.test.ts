import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { encodeIdx, parseIdx } from './idx.ts';
import { classCounts } from './image-dataset.ts';
import { loadMnist, mnistFiles } from './mnist.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-mnist-'));
  for (const file of Object.values(mnistFiles('train'))) {
    await writeFile(join(directory, file), gunzipSync(await readFile(join(fixtures.mnist, `${file}.gz`))));
  }
});

afterEach(() => rm(directory, { recursive: true }));

describe('IDX files', () => {
  it('encoding and parsing are inverse', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }), (shape) => {
        const data = Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i * 7);
        const bytes = encodeIdx({ shape, data });
        expect(parseIdx({ path: 'x', bytes }, shape.length, '')).toEqual({ shape, data });
      }),
    );
  });

  it('a file whose length differs from its header is refused', () => {
    const bytes = encodeIdx({ shape: [3], data: Uint8Array.of(1, 2, 3) });
    expect(() => parseIdx({ path: 'labels', bytes: bytes.subarray(0, 10) }, 1, 'Mend it.')).toThrow(
      'labels has 10 bytes; its header says [3], which takes 11. It is cut off or damaged. Mend it.',
    );
    expect(() => parseIdx({ path: 'labels', bytes: bytes.subarray(0, 3) }, 1, '')).toThrow(/3 bytes/);
  });

  it('another kind of file is refused', () => {
    const bytes = encodeIdx({ shape: [2, 2], data: Uint8Array.of(1, 2, 3, 4) });
    expect(() => parseIdx({ path: 'labels', bytes }, 1, '')).toThrow(/starts with the number 2050.*2049/);
  });
});

describe('MNIST', () => {
  it('reads images of one channel, plain and gzipped alike', async () => {
    const plain = await loadMnist('mnist', directory, 'train');
    const packed = await loadMnist('mnist', fixtures.mnist, 'train');
    expect([plain.channels, plain.height, plain.width]).toEqual([1, 28, 28]);
    expect(plain.images.length).toBe(40 * 784);
    expect(classCounts(plain)).toEqual(Array(10).fill(4));
    expect([...plain.labels.subarray(0, 4)]).toEqual([5, 0, 4, 1]); // as in the official file
    expect(packed.checksum).toBe(plain.checksum);
  });

  it('a label over 9 is refused with its record', async () => {
    const path = join(directory, mnistFiles('train').labels);
    const bytes = await readFile(path);
    bytes[8 + 3] = 77;
    await writeFile(path, bytes);
    await expect(loadMnist('mnist', directory, 'train')).rejects.toMatchObject({
      code: 'DATASET_LABEL_INVALID',
      message: expect.stringMatching(/record 3 .* has the label 77, which is not one of 0 to 9/),
    });
  });

  it('different numbers of images and labels are refused', async () => {
    const labels = encodeIdx({ shape: [2], data: Uint8Array.of(1, 2) });
    await writeFile(join(directory, mnistFiles('train').labels), labels);
    await expect(loadMnist('mnist', directory, 'train')).rejects.toMatchObject({ code: 'DATASET_FORMAT' });
  });

  it('a missing file is named', async () => {
    await expect(loadMnist('fashion-mnist', directory, 'test')).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringMatching(/lacks t10k-images-idx3-ubyte.*nascent data fetch fashion-mnist/),
    });
  });
});
