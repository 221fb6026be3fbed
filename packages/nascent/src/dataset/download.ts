import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DatasetError } from './errors.ts';
import { storageError } from './storage.ts';

/** A digest that a downloaded file must have. */
export interface Digest {
  readonly algorithm: 'md5' | 'sha256' | 'sha512';
  readonly encoding: 'hex' | 'base64';
  readonly value: string;
}

export interface DownloadOptions {
  readonly digest: Digest;
  readonly signal?: AbortSignal | undefined;
  /** `total` is null where the server does not say. */
  readonly onBytes?: ((received: number, total: number | null) => void) | undefined;
}

const HEADERS_TIMEOUT_MS = 15_000;
const SILENCE_TIMEOUT_MS = 60_000;

/** GET with a time limit for the answer to begin; the body may take as long as bytes keep coming. */
export async function request(url: string, signal?: AbortSignal): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('no answer within 15 s')), HEADERS_TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
    });
    if (response.ok) return response;
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status} ${response.statusText}`);
  } catch (error) {
    signal?.throwIfAborted();
    throw new DatasetError('DATASET_FETCH_FAILED', `${url} did not answer`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Downloads `url` into the file `path` and checks its digest.
 * @throws DatasetError `DATASET_FETCH_FAILED` for an unreachable server, a broken connection or another digest
 *   than expected; `DISK_FULL` or `DATA_DIRECTORY_UNUSABLE` where it cannot be stored
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { digest, signal, onBytes } = options;
  const response = await request(url, signal);
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isFinite(length) ? length : null;
  const hash = createHash(digest.algorithm);
  const silence = new AbortController();
  const quiet = (): NodeJS.Timeout =>
    setTimeout(() => silence.abort(new Error('no bytes for 60 s')), SILENCE_TIMEOUT_MS);
  let timer = quiet();
  let received = 0;
  const observe = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(timer);
      timer = quiet();
      hash.update(chunk);
      received += chunk.length;
      onBytes?.(received, total);
      done(null, chunk);
    },
  });
  try {
    const signals = signal === undefined ? [silence.signal] : [signal, silence.signal];
    await pipeline(Readable.from(response.body ?? []), observe, createWriteStream(path), {
      signal: AbortSignal.any(signals),
    });
  } catch (error) {
    signal?.throwIfAborted();
    const stored = storageError(error, path);
    if (stored !== error) throw stored;
    throw new DatasetError(
      'DATASET_FETCH_FAILED',
      `${url}: the connection broke after ${received} bytes${total === null ? '' : ` of ${total}`} (try again)`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
  const found = hash.digest(digest.encoding);
  if (found !== digest.value) {
    throw new DatasetError(
      'DATASET_FETCH_FAILED',
      `${url}: ${received} bytes with the ${digest.algorithm} ${found}, expected ${digest.value}. The download is damaged or is another file; nothing was kept.`,
    );
  }
}
