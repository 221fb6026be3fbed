import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitText } from './split-text.ts';

const tenths = { validation: 0.1, test: 0.1 };

describe('a text cut in three', () => {
  it('is training, validation and test in its order, cut where lines begin', () => {
    const lines = Array.from({ length: 10 }, (_, index) => `line ${index}\n`);
    const { train, validation, test } = splitText('x', lines.join(''), tenths, 'word');
    expect([train.text, validation.text, test.text]).toEqual([
      lines.slice(0, 8).join(''),
      'line 8\n',
      'line 9\n',
    ]);
    expect([train.firstLine, validation.firstLine, test.firstLine]).toEqual([1, 9, 10]);
  });

  it('of characters is cut anywhere but inside a code point', () => {
    const { train, validation } = splitText('x', 'ab\ncd😀', { validation: 0.15, test: 0 }, 'character');
    expect([train.text, validation.text]).toEqual(['ab\ncd', '😀']);
    expect(validation).toMatchObject({ firstLine: 2, firstPosition: 3 });
  });

  it('without a test part ends with validation', () => {
    const parts = splitText('x', 'a\nb\nc\nd\n', { validation: 0.25, test: 0 }, 'word');
    expect([parts.validation.text, parts.test.text]).toEqual(['d\n', '']);
  });

  it.each(['word', 'character'] as const)(
    'loses and doubles nothing, whatever the fractions (%s)',
    (level) => {
      const fraction = fc.double({ min: 0, max: 0.499, noNaN: true });
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), fraction, fraction, (text, validation, test) => {
          const parts = splitText('x', text, { validation, test }, level);
          expect(parts.train.text + parts.validation.text + parts.test.text).toBe(text);
          for (const part of Object.values(parts)) expect(part.text).not.toMatch(/\p{Surrogate}/u);
        }),
      );
    },
  );

  it('fractions that leave nothing to train on are refused', () => {
    expect(() => splitText('book.txt', 'abc', { validation: 0.5, test: 0.5 }, 'character')).toThrow(
      /validation takes 0\.5 of book\.txt and the test 0\.5, which leaves nothing.*Lower `validationFraction`/,
    );
  });
});
