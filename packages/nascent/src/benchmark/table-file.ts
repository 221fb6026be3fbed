import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { processSurroundings, type Surroundings, searchPath } from '../dataset/location.ts';
import { BenchmarkError } from './errors.ts';

const unpack = promisify(gunzip);

/** Which table is wanted, and where. */
export interface TableRequest {
  /** The directory on the search path, for example `nasbench201`. */
  readonly folder: string;
  /** The file in it, without `.gz`, for example `nasbench201_cifar10.csv`. */
  readonly file: string;
  /** A file, or a directory with the file in it; nothing else is searched then. */
  readonly path?: string | undefined;
  /** A relative `path` starts here. */
  readonly configDirectory: string;
  readonly surroundings?: Surroundings;
}

/** A table as found: text with \n between its lines and at its end. */
export interface TableFile {
  readonly path: string;
  /** Without the \n; not empty. */
  readonly lines: readonly string[];
  /** SHA-256 (hex) of the unpacked file. */
  readonly checksum: string;
}

/**
 * Finds and reads a table, gzipped or plain: its content tells, not its name.
 * @throws BenchmarkError `BENCHMARK_NOT_FOUND`, `BENCHMARK_TRUNCATED` or `BENCHMARK_FORMAT`
 */
export async function readTableFile(request: TableRequest): Promise<TableFile> {
  const path = locate(request);
  const packed = await readWhole(path);
  const bytes = isGzip(packed) ? await unpackWhole(packed, path) : packed;
  return {
    path,
    lines: linesOf(bytes, path),
    checksum: createHash('sha256').update(bytes).digest('hex'),
  };
}

function locate({ folder, file, path, configDirectory, surroundings }: TableRequest): string {
  const given = path === undefined ? null : resolve(configDirectory, path);
  if (given !== null && isFile(given)) return given;
  const directories = given === null ? searchPath(folder, surroundings ?? processSurroundings()) : [given];
  const found = directories
    .flatMap((directory) => [join(directory, file), join(directory, `${file}.gz`)])
    .find(isFile);
  if (found !== undefined) return found;
  const places =
    given === null ? directories.join(', ') : `${given}, which is neither that file nor a directory with it`;
  throw new BenchmarkError(
    'BENCHMARK_NOT_FOUND',
    `no table ${file} (or ${file}.gz) in ${places}. Put the file into the directory ${folder} of one that is ` +
      'searched, name it with the evaluator option `table`, or set NASCENT_DATA to the directory that holds ' +
      `${folder}. Sources and format of the tables: docs/guide/benchmarks.md.`,
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new BenchmarkError(
      'BENCHMARK_NOT_FOUND',
      `the table ${path} cannot be read. Check that you may read it.`,
      { cause: error },
    );
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unpackWhole(packed: Uint8Array, path: string): Promise<Uint8Array> {
  try {
    return await unpack(packed);
  } catch (error) {
    throw new BenchmarkError(
      'BENCHMARK_TRUNCATED',
      `the table ${path} (${packed.length} bytes) is no whole gzip file: it is cut off or damaged. Copy it again.`,
      { cause: error },
    );
  }
}

function linesOf(bytes: Uint8Array, path: string): readonly string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new BenchmarkError(
      'BENCHMARK_FORMAT',
      `the table ${path} is no UTF-8 text. Expected a table, gzipped or plain.`,
      { cause: error },
    );
  }
  const lines = text.split(/\r?\n/);
  const rest = lines.pop() ?? '';
  if (rest !== '') {
    throw new BenchmarkError(
      'BENCHMARK_TRUNCATED',
      `the table ${path} ends in the middle of line ${lines.length + 1} (${rest.length} characters without an end of line): ` +
        'it is cut off. Copy it again.',
    );
  }
  if (lines.length === 0) {
    throw new BenchmarkError('BENCHMARK_TRUNCATED', `the table ${path} is empty. Copy it again.`);
  }
  return lines;
}
