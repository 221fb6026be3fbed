import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOfToken, tokenise } from './tokens.ts';

describe('words', () => {
  it('stand between white space, and each line that has some ends in <eos>', () => {
    expect(tokenise(' the cat  sat \n on\tthe mat \n', 'word')).toEqual(
      ['the', 'cat', 'sat', '<eos>', 'on', 'the', 'mat', '<eos>'], //
    );
  });

  it('blank lines give nothing, and the last line needs no line break', () => {
    expect(tokenise('\n\na\n  \nb', 'word')).toEqual(['a', '<eos>', 'b', '<eos>']);
    expect(tokenise('', 'word')).toEqual([]);
  });

  it('are the same with line breaks of Windows', () => {
    expect(tokenise('a b\r\nc\r\n', 'word')).toEqual(tokenise('a b\nc\n', 'word'));
  });
});

describe('characters', () => {
  it('are code points, not halves of them, and line breaks count', () => {
    expect(tokenise('é😀\n', 'character')).toEqual(['é', '😀', '\n']);
  });

  it('joined give the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(tokenise(text, 'character').join('')).toBe(text);
      }),
    );
  });
});

describe('the place of a token', () => {
  it('is its line and which word of it, blank lines counted', () => {
    const text = 'a b\n\nc d';
    expect(placeOfToken(text, 'word', 1)).toEqual({ line: 1, position: 2 });
    expect(placeOfToken(text, 'word', 2)).toEqual({ line: 1, position: 3 }); // <eos>
    expect(placeOfToken(text, 'word', 4)).toEqual({ line: 3, position: 2 });
  });

  it('is its line and which code point of it', () => {
    expect(placeOfToken('😀b\nc', 'character', 1)).toEqual({ line: 1, position: 2 });
    expect(placeOfToken('😀b\nc', 'character', 3)).toEqual({ line: 2, position: 1 });
  });

  it.each(['word', 'character'] as const)('finds every %s where it stands', (level) => {
    const lines = fc.array(fc.array(fc.constantFrom('x', 'yy', '😀'), { maxLength: 3 }), { maxLength: 5 });
    fc.assert(
      fc.property(lines, (words) => {
        const text = words.map((line) => line.join(' ')).join('\n');
        for (const [index, token] of tokenise(text, level).entries()) {
          const { line, position } = placeOfToken(text, level, index);
          const there = text.split('\n')[line - 1] ?? '';
          const tokens = level === 'word' ? tokenise(there, level) : [...there, '\n'];
          expect(tokens[position - 1]).toBe(token);
        }
      }),
    );
  });
});
