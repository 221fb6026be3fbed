import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { DatasetError } from './errors.ts';

/**
 * Calls `receive` with each wanted file of a .tar.gz, one after another, in the archive's order.
 * @param wanted decides by the path inside the archive, without its first directory
 * @throws DatasetError `DATASET_FETCH_FAILED` for a damaged archive; what `receive` throws
 */
export async function readTarball(
  path: string,
  wanted: (name: string) => boolean,
  receive: (name: string, bytes: Buffer) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const entries = extract();
  let thrown: { readonly error: unknown } | null = null;
  entries.on('entry', (header, stream, next) => {
    const name = header.name.replace(/^[^/]*\//, '');
    // A truncated archive also raises on the entry: without a listener that would end the process.
    stream.on('error', next);
    if (header.type !== 'file' || !wanted(name)) {
      stream.on('end', next);
      stream.resume();
      return;
    }
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk as Buffer));
    stream.on('end', () => {
      receive(name, Buffer.concat(chunks)).then(
        () => next(),
        (error: unknown) => {
          thrown = { error };
          next(error as Error);
        },
      );
    });
  });
  try {
    await pipeline(createReadStream(path), createGunzip(), entries, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (thrown !== null) throw (thrown as { readonly error: unknown }).error;
    throw new DatasetError('DATASET_FETCH_FAILED', 'the downloaded archive cannot be unpacked (try again)', {
      cause: error,
    });
  }
}
