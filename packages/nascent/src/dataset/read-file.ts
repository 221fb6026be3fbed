import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DatasetError } from './errors.ts';

const unpack = promisify(gunzip);

/** A data file as found: its path (perhaps ending in `.gz`) and its unpacked bytes. */
export interface DataFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function readIfPresent(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw new DatasetError(
      'DATASET_NOT_FOUND',
      `${path} cannot be read. Check that it is a file and that you may read it.`,
      { cause: error },
    );
  }
}

/**
 * Reads the first of `candidates` that exists, plain or with `.gz` appended; null where there is none. A candidate
 * that itself ends in `.gz` is unpacked.
 * @param mend the sentence that tells how to get a whole file
 * @throws DatasetError `DATASET_TRUNCATED` where a .gz file does not unpack
 */
export async function readDataFile(candidates: readonly string[], mend: string): Promise<DataFile | null> {
  for (const path of candidates.flatMap((candidate) => [candidate, `${candidate}.gz`])) {
    const bytes = await readIfPresent(path);
    if (bytes === null) continue;
    if (!path.endsWith('.gz')) return { path, bytes };
    try {
      return { path, bytes: await unpack(bytes) };
    } catch (error) {
      throw new DatasetError(
        'DATASET_TRUNCATED',
        `${path} (${bytes.length} bytes) is no whole gzip file: it is cut off or damaged. ${mend}`,
        { cause: error },
      );
    }
  }
  return null;
}
