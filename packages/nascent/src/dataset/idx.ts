import { DatasetError } from './errors.ts';
import type { DataFile } from './read-file.ts';

/**
 * IDX, the format of MNIST (LeCun): two zero bytes, a type byte (8 = unsigned bytes), the number of
 * dimensions, each dimension as a big-endian uint32, then the elements, row-major.
 */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTES = 8;

/**
 * Parses an IDX file of unsigned bytes.
 * @param dimensions how many dimensions the file must have
 * @param mend the sentence that tells how to get a whole file
 * @throws DatasetError `DATASET_FORMAT` for another header, `DATASET_TRUNCATED` for another length than it says
 */
export function parseIdx(file: DataFile, dimensions: number, mend: string): IdxArray {
  const { path, bytes } = file;
  const headerBytes = 4 + 4 * dimensions;
  if (bytes.length < headerBytes) {
    throw new DatasetError(
      'DATASET_TRUNCATED',
      `${path} has ${bytes.length} bytes; an IDX header of ${dimensions} dimensions alone has ${headerBytes}. ${mend}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = (UNSIGNED_BYTES << 8) | dimensions;
  if (magic !== expected) {
    throw new DatasetError(
      'DATASET_FORMAT',
      `${path} starts with the number ${magic}; an IDX file of ${dimensions}-dimensional unsigned bytes starts with ${expected}. ${mend}`,
    );
  }
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (bytes.length !== headerBytes + elements) {
    throw new DatasetError(
      'DATASET_TRUNCATED',
      `${path} has ${bytes.length} bytes; its header says [${shape.join(', ')}], which takes ${headerBytes + elements}. It is cut off or damaged. ${mend}`,
    );
  }
  return { shape, data: bytes.subarray(headerBytes) };
}

/** The inverse of {@link parseIdx}. */
export function encodeIdx({ shape, data }: IdxArray): Uint8Array {
  const headerBytes = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerBytes + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (UNSIGNED_BYTES << 8) | shape.length);
  for (const [axis, extent] of shape.entries()) view.setUint32(4 + 4 * axis, extent);
  bytes.set(data, headerBytes);
  return bytes;
}
