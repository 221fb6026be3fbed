import { fromBytes } from '../creation.ts';
import type { Tensor } from '../tensor.ts';
import { decodeHeader, decodeLength, encodeHeader, layOut, lengthBytes } from './header.ts';

/** What a safetensors file holds. */
export interface SafetensorsContents {
  /** In the order of the header. They belong to the current scope, else to the caller. */
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The pieces of a file, in order; each tensor's data are copied out only when its turn comes. */
export function* safetensorsPieces(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  const named = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const entries = layOut(named);
  yield encodeHeader(entries, metadata);
  for (const { name } of entries) {
    const value = tensors.get(name);
    if (value !== undefined) yield value.toBytes();
  }
}

/**
 * The bytes of a safetensors file. Equal contents give equal bytes: tensors are ordered by width of dtype,
 * then by name.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const pieces = [...safetensorsPieces(tensors, metadata)];
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/**
 * Tensors from the bytes of a safetensors file; the data are copied.
 * @throws TorchError `FILE_FORMAT` if the bytes are truncated or damaged, or not of this format
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsContents {
  const source = 'safetensors';
  const headerBytes = decodeLength(bytes.subarray(0, lengthBytes), bytes.length, source);
  const data = bytes.subarray(lengthBytes + headerBytes);
  const header = decodeHeader(bytes.subarray(lengthBytes, lengthBytes + headerBytes), data.length, source);
  const tensors = header.entries.map(({ name, dtype, shape, begin, end }) => {
    return [name, fromBytes(data.subarray(begin, end), { dtype, shape })] as const;
  });
  return { tensors: new Map(tensors), metadata: header.metadata };
}
