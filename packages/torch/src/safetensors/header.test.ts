import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TorchError } from '../errors.ts';
import { decodeHeader, decodeLength, encodeHeader, layOut, lengthBytes } from './header.ts';

const text = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));
const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof TorchError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The message with which a header over so many bytes of data is refused. */
const refused = (json: unknown, dataBytes: number): string =>
  refusal(() => decodeHeader(text(json), dataBytes, 'net.safetensors'));

describe('safetensors header', () => {
  it('› decoding is the inverse of encoding, and every tensor is aligned to its dtype', () => {
    const dtype = fc.constantFrom('float32', 'float64', 'bfloat16', 'int64', 'int32', 'uint8', 'bool');
    const shape = fc.array(fc.nat(5), { maxLength: 4 });
    const names = fc.uniqueArray(
      fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__' && !/^\d+$/.test(name)),
      { maxLength: 8 },
    );
    const metadata = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(names, fc.func(fc.tuple(dtype, shape)), metadata, (list, of, extra) => {
        const entries = layOut(list.map((name) => ({ name, dtype: of(name)[0], shape: of(name)[1] })));
        const bytes = encodeHeader(entries, extra);
        expect(bytes.length % 8).toBe(0);
        const dataBytes = entries.at(-1)?.end ?? 0;
        expect(decodeLength(bytes, bytes.length + dataBytes, 'x')).toBe(bytes.length - lengthBytes);
        const decoded = decodeHeader(bytes.subarray(lengthBytes), dataBytes, 'x');
        expect(new Map(decoded.entries.map((e) => [e.name, e]))).toEqual(
          new Map(entries.map((e) => [e.name, e])),
        );
        expect(decoded.metadata).toEqual({ ...extra });
        const widths = { float32: 4, float64: 8, bfloat16: 2, int64: 8, int32: 4, uint8: 1, bool: 1 };
        expect(entries.every(({ dtype: kind, begin }) => begin % widths[kind] === 0)).toBe(true);
      }),
    );
  });

  it('› keeps metadata whose key is __proto__', () => {
    const extra = JSON.parse('{"__proto__": "kept"}');
    const bytes = encodeHeader([], extra);
    expect(Object.entries(decodeHeader(bytes.subarray(lengthBytes), 0, 'x').metadata)).toEqual([
      ['__proto__', 'kept'],
    ]);
  });

  it('› reads the header of the format’s own documentation', () => {
    const header = decodeHeader(
      text({ TENSOR_NAME: entry('BF16', [1, 16, 256], 0, 8192), __metadata__: { format: 'pt' } }),
      8192,
      'x',
    );
    expect(header.entries).toEqual([
      { name: 'TENSOR_NAME', dtype: 'bfloat16', shape: [1, 16, 256], begin: 0, end: 8192 },
    ]);
    expect(header.metadata).toEqual({ format: 'pt' });
  });

  it('› refuses a file too short for the length', () => {
    expect(refusal(() => decodeLength(new Uint8Array(3), 3, 'a.st'))).toMatch(
      /^FILE_FORMAT: a\.st: 3 bytes are too few/,
    );
  });

  it('› refuses a header that is larger than the format allows, or than the file', () => {
    const prefix = (length: bigint): Uint8Array => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, length, true);
      return bytes;
    };
    expect(refusal(() => decodeLength(prefix(2n ** 63n), 100, 'a.st'))).toMatch(
      /claims 9223372036854775808 bytes/,
    );
    expect(refusal(() => decodeLength(prefix(93n), 100, 'a.st'))).toMatch(
      /only 92 follow: the file is truncated/,
    );
    expect(decodeLength(prefix(92n), 100, 'a.st')).toBe(92);
  });

  it('› refuses what is not JSON or not an object', () => {
    expect(refusal(() => decodeHeader(new Uint8Array([0xff, 0xfe]), 0, 'a.st'))).toMatch(
      /the header is not JSON/,
    );
    expect(refused([], 0)).toMatch(/the header is not a JSON object/);
    expect(refused({ w: 3 }, 0)).toMatch(/tensor "w": its header entry is not an object/);
    expect(refused({ __metadata__: { a: 1 } }, 0)).toMatch(/__metadata__ must map strings to strings/);
  });

  it('› refuses a dtype it does not know, naming those it knows', () => {
    expect(refused({ w: entry('F8_E4M3', [1], 0, 1) }, 1)).toMatch(
      /dtype "F8_E4M3" is not one of F64, F32, BF16/,
    );
  });

  it('› refuses shapes and offsets that are not lengths', () => {
    expect(refused({ w: { ...entry('U8', [1], 0, 1), shape: [-1] } }, 1)).toMatch(
      /shape \[-1\] is not a list/,
    );
    expect(refused({ w: { ...entry('U8', [1], 0, 1), shape: [1.5] } }, 1)).toMatch(/shape \[1\.5\]/);
    expect(refused({ w: { ...entry('U8', [1], 0, 1), data_offsets: [0] } }, 1)).toMatch(
      /not two byte offsets/,
    );
    expect(refused({ w: entry('U8', [2 ** 30, 2 ** 30, 2 ** 30], 0, 1) }, 1)).toMatch(
      /The header is damaged/,
    );
  });

  it('› refuses offsets outside the data: a truncated file', () => {
    expect(refused({ w: entry('F32', [2], 0, 8) }, 7)).toMatch(
      /bytes 0 to 8 lie outside the 7 bytes of data\. The file is truncated or damaged/,
    );
    expect(refused({ w: entry('F32', [0], 8, 4) }, 8)).toMatch(/lie outside/);
  });

  it('› refuses a byte range that does not fit dtype and shape', () => {
    expect(refused({ w: entry('F32', [2], 0, 4) }, 4)).toMatch(/4 bytes of data, but F32 \[2\] takes 8/);
  });

  it('› refuses overlaps, holes and bytes left over', () => {
    const a = entry('U8', [4], 0, 4);
    expect(refused({ a, b: entry('U8', [4], 2, 6) }, 6)).toMatch(
      /"b" begins at byte 2 .* ends at 4: they overlap/,
    );
    expect(refused({ a, b: entry('U8', [2], 6, 8) }, 8)).toMatch(
      /bytes 4 to 6 of the data belong to no tensor/,
    );
    expect(refused({ a }, 5)).toMatch(/1 bytes after the last tensor belong to none/);
  });

  it('› refuses to write a tensor under the reserved name', () => {
    const entries = layOut([{ name: '__metadata__', dtype: 'uint8', shape: [] }]);
    expect(refusal(() => encodeHeader(entries, {}))).toMatch(/which the format reserves/);
  });
});
