import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fromBytes } from '../creation.ts';
import { TorchError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { type SafetensorsContents, safetensorsPieces } from './bytes.ts';
import { decodeHeader, decodeLength, invalid, lengthBytes } from './header.ts';

/**
 * Writes a safetensors file. A reader sees the old file or the whole new one, never part of it, even after a
 * crash: the bytes go to a temporary file beside it, reach the disk, and then take its name.
 * @throws TorchError `FILE_ACCESS` if the place cannot be written; the old file is untouched then
 */
export function saveSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  // Of nobody else's: in a folder that machines share, processes of two containers have the same number.
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const pieces = safetensorsPieces(tensors, metadata);
  try {
    withFile(temporary, 'w', (file) => {
      for (const piece of pieces) writeAll(file, piece);
      fsyncSync(file);
    });
    renameSync(temporary, path);
    if (process.platform !== 'win32') withFile(dirname(path), 'r', fsyncSync); // the new name, too
  } catch (cause) {
    rmSync(temporary, { force: true });
    if (cause instanceof TorchError) throw cause;
    throw new TorchError(
      'FILE_ACCESS',
      `${path}: cannot be written (${reason(cause)}). Choose a folder that exists and that you may write to.`,
      { cause },
    );
  }
}

/**
 * Reads a safetensors file, of any size: each tensor is read straight into its own memory.
 * @throws TorchError `FILE_ACCESS` if it cannot be opened, `FILE_FORMAT` if it is truncated, damaged or
 *   of another format
 */
export function loadSafetensors(path: string): SafetensorsContents {
  try {
    return withFile(path, 'r', (file) => {
      const { size } = fstatSync(file);
      const prefix = readExactly(file, 0, Math.min(lengthBytes, size), path);
      const headerBytes = decodeLength(prefix, size, path);
      const dataStart = lengthBytes + headerBytes;
      const header = decodeHeader(readExactly(file, lengthBytes, headerBytes, path), size - dataStart, path);
      const tensors = header.entries.map(({ name, dtype, shape, begin, end }) => {
        const data = readExactly(file, dataStart + begin, end - begin, path);
        return [name, fromBytes(data, { dtype, shape })] as const;
      });
      return { tensors: new Map(tensors), metadata: header.metadata };
    });
  } catch (cause) {
    if (cause instanceof TorchError) throw cause;
    throw new TorchError('FILE_ACCESS', `${path}: cannot be read (${reason(cause)}). Check the path.`, {
      cause,
    });
  }
}

function withFile<T>(path: string, flags: string, use: (file: number) => T): T {
  const file = openSync(path, flags);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

/** One call reads or writes less than 2 GiB. */
const chunkBytes = 2 ** 30;

function writeAll(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, Math.min(chunkBytes, bytes.length - written));
  }
}

function readExactly(file: number, position: number, length: number, path: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const got = readSync(file, bytes, read, Math.min(chunkBytes, length - read), position + read);
    if (got === 0) throw invalid(`${path}: the file ends at byte ${position + read}; it is being changed.`);
    read += got;
  }
  return bytes;
}

function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
