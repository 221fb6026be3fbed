import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenise } from './tokens.ts';
import { buildVocabulary, decode, encode, indexOf, vocabularySchema } from './vocabulary.ts';

const words = (text: string): string[] => text.split(' ');

describe('a vocabulary', () => {
  it('goes by descending count, ties by first appearance', () => {
    const { words: order } = buildVocabulary(words('b a c a c d'), { level: 'word' });
    expect(order).toEqual(['a', 'c', 'b', 'd']);
  });

  it('has the unknown word first, however often it occurs', () => {
    const tokens = words('a a <unk> b');
    expect(buildVocabulary(tokens, { level: 'word', unknown: '<unk>' }).words).toEqual(['<unk>', 'a', 'b']);
    expect(buildVocabulary(['a'], { level: 'word', unknown: '<unk>' }).words).toEqual(['<unk>', 'a']);
  });

  it('keeps the most frequent words up to a size that counts the unknown one', () => {
    const tokens = words('a a a b b c d');
    const small = buildVocabulary(tokens, { level: 'word', unknown: '?', maxSize: 3 });
    expect(small.words).toEqual(['?', 'a', 'b']);
    expect([...encode(small, tokens)]).toEqual([1, 1, 1, 2, 2, 0, 0]);
  });

  it('keeps words that occur often enough', () => {
    const tokens = words('a a a b b c');
    const options = { level: 'word', unknown: '?', minimumCount: 2 } as const;
    expect(buildVocabulary(tokens, options).words).toEqual(['?', 'a', 'b']);
  });

  it('leaves nothing out where no word stands for it', () => {
    const tokens = words('a b c');
    expect(() => buildVocabulary(tokens, { level: 'word', maxSize: 2 })).toThrow(
      /3 different words, of which the limits leave 2 .*Set the option `unknown`/,
    );
    expect(buildVocabulary(tokens, { level: 'word', maxSize: 3 }).words).toHaveLength(3);
  });

  it('is not made of nothing', () => {
    expect(() => buildVocabulary([], { level: 'word', unknown: '?' })).toThrow('no tokens');
  });

  it('survives JSON', () => {
    const vocabulary = buildVocabulary(words('a b <unk>'), { level: 'word', unknown: '<unk>' });
    const read = vocabularySchema.parse(JSON.parse(JSON.stringify(vocabulary)));
    expect(read).toEqual(vocabulary);
    expect(encode(read, ['b'])).toEqual(encode(vocabulary, ['b']));
  });

  it.each([
    ['a word twice', { level: 'word', words: ['a', 'a'], unknown: null }],
    ['no words', { level: 'word', words: [], unknown: null }],
    ['an unknown word that is none of them', { level: 'word', words: ['a'], unknown: '?' }],
    ['another level', { level: 'syllable', words: ['a'], unknown: null }],
  ])('with %s is refused when it is read', (_, broken) => {
    expect(vocabularySchema.safeParse(broken).success).toBe(false);
  });
});

describe('indexOf', () => {
  it('is the place of the word, that of the unknown word, or null', () => {
    const open = buildVocabulary(words('a b'), { level: 'word', unknown: '?' });
    const closed = buildVocabulary(words('a b'), { level: 'word' });
    expect([indexOf(open, 'b'), indexOf(open, 'z')]).toEqual([2, 0]);
    expect([indexOf(closed, 'b'), indexOf(closed, 'z')]).toEqual([1, null]);
  });

  it('knows words that are names of what objects inherit', () => {
    const closed = buildVocabulary(['constructor', '__proto__'], { level: 'word' });
    expect(indexOf(closed, '__proto__')).toBe(1);
    expect(indexOf(closed, 'toString')).toBeNull();
  });
});

describe('encoding', () => {
  it('refuses a word that nothing stands for, with its place and how many there are', () => {
    const vocabulary = buildVocabulary(words('a b'), { level: 'word' });
    expect(() => encode(vocabulary, words('a x b y x'), (index) => `book.txt, word ${index}`)).toThrow(
      /^book\.txt, word 1: the word "x" is not in the vocabulary, which has the 2 words .*\(3 of 5 words here, 2 different ones, are not\)\. Set the option `unknown`/,
    );
  });
});

describe('decoding', () => {
  it('joins words by spaces and ends lines at <eos>', () => {
    const tokens = tokenise('the cat\nsat\n', 'word');
    const vocabulary = buildVocabulary(tokens, { level: 'word' });
    expect(decode(vocabulary, encode(vocabulary, tokens))).toBe('the cat\nsat\n');
    expect(decode(vocabulary, [])).toBe('');
  });

  it.each([2, -1, 0.5])('refuses the index %d where there are two words', (index) => {
    const vocabulary = buildVocabulary(['a', 'b'], { level: 'word' });
    expect(() => decode(vocabulary, [0, index])).toThrow(/is no index of this vocabulary: expected 0 to 1/);
  });

  it('of characters gives the text back, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const tokens = tokenise(text, 'character');
        const vocabulary = buildVocabulary(tokens, { level: 'character' });
        expect(decode(vocabulary, encode(vocabulary, tokens))).toBe(text);
      }),
    );
  });

  it('of words gives a text with the same words', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => /^\S+$/.test(text));
    const line = fc.array(word, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
        const text = lines.map((parts) => `${parts.join(' ')}\n`).join('');
        const tokens = tokenise(text, 'word');
        const vocabulary = buildVocabulary(tokens, { level: 'word' });
        const written = decode(vocabulary, encode(vocabulary, tokens));
        expect(written).toBe(text);
        expect(tokenise(written, 'word')).toEqual(tokens);
      }),
    );
  });

  it('with limits changes only what was left out', () => {
    const tokens = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 });
    fc.assert(
      fc.property(tokens, fc.integer({ min: 1, max: 6 }), (text, maxSize) => {
        const vocabulary = buildVocabulary(text, { level: 'character', unknown: '?', maxSize });
        expect(vocabulary.words.length).toBeLessThanOrEqual(maxSize);
        const kept = text.map((token) => (vocabulary.words.includes(token) ? token : '?'));
        expect(decode(vocabulary, encode(vocabulary, text))).toBe(kept.join(''));
      }),
    );
  });
});
