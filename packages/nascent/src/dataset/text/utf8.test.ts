import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8 } from './utf8.ts';

const decodeBytes = (...bytes: number[]): string =>
  decodeUtf8({ path: 'book.txt', bytes: Uint8Array.from(bytes) });
const [a, lineBreak, e1, e2] = [0x61, 0x0a, 0xc3, 0xa9]; // e1 e2 is é

describe('UTF-8', () => {
  it('is decoded, without a byte order mark', () => {
    expect(decodeBytes(0xef, 0xbb, 0xbf, a, e1, e2, lineBreak)).toBe('aé\n');
  });

  it('gives every text back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !text.startsWith('\ufeff')),
        (text) => {
          expect(decodeUtf8({ path: 'x', bytes: new TextEncoder().encode(text) })).toBe(text);
        },
      ),
    );
  });

  it('another encoding is refused with byte, line, value and the remedy', () => {
    expect(() => decodeBytes(a, lineBreak, a, 0xe9, a)).toThrow(
      /^book\.txt is not UTF-8 at byte 3 \(counted from 0; line 2\), where 0xe9 stands.*iconv/,
    );
    expect(() => decodeBytes(0xff, 0xfe, a, 0)).toThrow(/at byte 0 .*line 1.*0xff/);
  });

  it('a character that is cut off at the end is refused', () => {
    expect(() => decodeBytes(a, e1)).toThrow(
      /is not UTF-8 at byte 1 .*0xc3 stands, and the file ends in the middle of that character/,
    );
  });

  it.each([0xff, 0x80, 0xc0, 0xe9])(
    'the byte named is the first that is wrong: 0x%x before a letter',
    (wrong) => {
      const text = fc.string({ unit: 'binary' }).map((sound) => new TextEncoder().encode(sound));
      fc.assert(
        fc.property(text, text, (before, after) => {
          const bytes = Uint8Array.from([...before, wrong, a, ...after]);
          expect(() => decodeUtf8({ path: 'x', bytes })).toThrow(`x is not UTF-8 at byte ${before.length} `);
        }),
      );
    },
  );
});
