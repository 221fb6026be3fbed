import { type DType, elementBytes } from '../dtype.ts';
import { TorchError } from '../errors.ts';

/**
 * The header of the safetensors format (https://huggingface.co/docs/safetensors): 8 bytes little-endian length,
 * then JSON naming each tensor's dtype, shape and byte range in the data that follow, padded with spaces.
 *
 * Pure: bytes in, entries out. A header from outside is not trusted: every length, offset, dtype and shape
 * is checked before anything is allocated.
 */
export interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Byte range [begin, end) in the data that follow the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The reference implementation's limit; a larger header is an attack or a damaged file. */
const maximumHeaderBytes = 100_000_000;
export const lengthBytes = 8;

const codes = {
  float64: 'F64',
  float32: 'F32',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
} as const satisfies Record<DType, string>;

const dtypes = new Map<string, DType>(
  Object.entries(codes).map(([dtype, code]) => [code, dtype as keyof typeof codes]),
);

/** Lays tensors out: widest dtype first, so that every tensor is aligned, then by name, so that equal contents give equal bytes. */
export function layOut(
  tensors: readonly { readonly name: string; readonly dtype: DType; readonly shape: readonly number[] }[],
): Entry[] {
  const ordered = [...tensors].sort(
    (a, b) => elementBytes(b.dtype) - elementBytes(a.dtype) || (a.name < b.name ? -1 : 1),
  );
  let offset = 0;
  return ordered.map(({ name, dtype, shape }) => {
    const begin = offset;
    offset += byteLength(dtype, shape);
    return { name, dtype, shape, begin, end: offset };
  });
}

/** The length prefix and the padded JSON header. */
export function encodeHeader(
  entries: readonly Entry[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const json: Record<string, unknown> = Object.create(null); // a tensor may be called __proto__
  if (Object.keys(metadata).length > 0) json['__metadata__'] = metadata;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (name === '__metadata__') {
      throw invalid('a tensor is named "__metadata__", which the format reserves. Rename it.');
    }
    json[name] = { dtype: codes[dtype], shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(json));
  const padded = Math.ceil(text.length / 8) * 8;
  if (padded > maximumHeaderBytes) {
    throw invalid(`the header would have ${padded} bytes; readers accept at most ${maximumHeaderBytes}.`);
  }
  const bytes = new Uint8Array(lengthBytes + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, lengthBytes);
  return bytes;
}

/**
 * Reads the length prefix.
 * @param prefix the first 8 bytes, or all there are
 * @param fileBytes the length of the whole file in bytes
 * @param source named in errors, for example a path
 * @returns the header's length in bytes
 */
export function decodeLength(prefix: Uint8Array, fileBytes: number, source: string): number {
  if (prefix.length < lengthBytes) {
    throw invalid(
      `${source}: ${fileBytes} bytes are too few; a safetensors file begins with an 8-byte length.`,
    );
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(maximumHeaderBytes)) {
    throw invalid(
      `${source}: the header claims ${length} bytes, more than the format's ${maximumHeaderBytes}. ` +
        'This is not a safetensors file, or it is damaged.',
    );
  }
  if (Number(length) > fileBytes - lengthBytes) {
    throw invalid(
      `${source}: the header claims ${length} bytes but only ${fileBytes - lengthBytes} follow: the file is truncated.`,
    );
  }
  return Number(length);
}

/**
 * Parses and checks a header.
 * @param text the JSON, without the length prefix
 * @param dataBytes how many bytes of data follow the header
 * @throws TorchError `FILE_FORMAT` for anything that a correct writer would not have written
 */
export function decodeHeader(text: Uint8Array, dataBytes: number, source: string): Header {
  const json = parseJson(text, source);
  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') metadata = parseMetadata(value, source);
    else entries.push(parseEntry(name, value, dataBytes, source));
  }
  checkCoverage(entries, dataBytes, source);
  return { entries, metadata };
}

function parseJson(text: Uint8Array, source: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (cause) {
    throw invalid(
      `${source}: the header is not JSON. This is not a safetensors file, or it is damaged.`,
      cause,
    );
  }
  if (!isRecord(json)) throw invalid(`${source}: the header is not a JSON object.`);
  return json;
}

function parseMetadata(value: unknown, source: string): Record<string, string> {
  const entries = isRecord(value) ? Object.entries(value) : [['', null] as const];
  const parsed = entries.map(([key, text]): [string, string] => {
    if (typeof text !== 'string') throw invalid(`${source}: __metadata__ must map strings to strings.`);
    return [key, text];
  });
  return Object.fromEntries(parsed); // assignment would lose a key called __proto__
}

function parseEntry(name: string, value: unknown, dataBytes: number, source: string): Entry {
  const where = `${source}: tensor "${name}"`;
  if (!isRecord(value)) throw invalid(`${where}: its header entry is not an object.`);
  const { dtype: code, shape, data_offsets: offsets } = value;
  const dtype = typeof code === 'string' ? dtypes.get(code) : undefined;
  if (dtype === undefined) {
    throw invalid(`${where}: dtype ${JSON.stringify(code)} is not one of ${[...dtypes.keys()].join(', ')}.`);
  }
  if (!isLengths(shape)) throw invalid(`${where}: shape ${JSON.stringify(shape)} is not a list of lengths.`);
  if (!isLengths(offsets) || offsets.length !== 2) {
    throw invalid(`${where}: data_offsets ${JSON.stringify(offsets)} are not two byte offsets.`);
  }
  const [begin = 0, end = 0] = offsets;
  if (begin > end || end > dataBytes) {
    throw invalid(
      `${where}: bytes ${begin} to ${end} lie outside the ${dataBytes} bytes of data. The file is truncated or damaged.`,
    );
  }
  const expected = byteLength(dtype, shape);
  if (end - begin !== expected) {
    throw invalid(
      `${where}: ${end - begin} bytes of data, but ${code} [${shape.join(', ')}] takes ${expected}. The header is damaged.`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** The ranges must tile the data: no overlap, no hole, nothing left over. */
function checkCoverage(entries: readonly Entry[], dataBytes: number, source: string): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of ordered) {
    if (begin < covered) {
      throw invalid(
        `${source}: tensor "${name}" begins at byte ${begin} but the one before it ends at ${covered}: they overlap.`,
      );
    }
    if (begin > covered) {
      throw invalid(
        `${source}: bytes ${covered} to ${begin} of the data belong to no tensor. The header is damaged.`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw invalid(
      `${source}: ${dataBytes - covered} bytes after the last tensor belong to none. The file is damaged.`,
    );
  }
}

function byteLength(dtype: DType, shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, elementBytes(dtype));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLengths(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= 0);
}

export function invalid(message: string, cause?: unknown): TorchError {
  return new TorchError('FILE_FORMAT', message, cause === undefined ? {} : { cause });
}
