import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { textOptionsSchema } from './text-options.ts';

const complaint = (options: unknown): string => {
  const { error } = textOptionsSchema.safeParse(options);
  return error === undefined ? '' : z.prettifyError(error);
};

describe('options of a text', () => {
  it('are Penn Treebank, word by word, where nothing is said', () => {
    expect(textOptionsSchema.parse({})).toEqual({ name: 'penn-treebank', level: 'word' });
  });

  it.each([
    'validationPath',
    'testPath',
    'validationFraction',
    'testFraction',
    'vocabularySize',
    'minimumCount',
    'unknown',
  ] as const)('%s is refused for Penn Treebank, whose parts and words are published', (option) => {
    const value = /Path|unknown/.test(option) ? 'x' : /Fraction/.test(option) ? 0.1 : 10;
    expect(complaint({ [option]: value })).toMatch(/no meaning for penn-treebank/);
    expect(complaint({ [option]: value })).toContain(option);
  });

  it('a text needs its path', () => {
    expect(complaint({ name: 'text' })).toContain('is missing: name the text file');
  });

  it('a part is a file or a fraction, not both', () => {
    const options = { name: 'text', path: 'a' };
    expect(complaint({ ...options, validationPath: 'b', validationFraction: 0.1 })).toContain(
      'stands beside validationPath',
    );
    expect(complaint({ ...options, testPath: 'b', testFraction: 0.1 })).toContain('stands beside testPath');
    expect(complaint({ ...options, validationPath: 'b', testFraction: 0.1 })).toBe('');
  });

  it.each([
    { validationFraction: 0 },
    { validationFraction: 1 },
    { testFraction: -0.1 },
    { vocabularySize: 1 },
    { minimumCount: 0 },
    { unknown: 'two words' },
    { unknown: '' },
    { trainTokens: 0 },
    { trainTokens: 1.5 },
    { level: 'syllable' },
    { pth: 'typing error' },
  ])('%o is refused', (options) => {
    expect(complaint({ name: 'text', path: 'a', ...options })).not.toBe('');
  });

  it('every option is described', () => {
    const { properties = {} } = z.toJSONSchema(textOptionsSchema, { io: 'input' });
    for (const property of Object.values(properties)) expect(property).toHaveProperty('description');
    expect(Object.keys(properties)).toHaveLength(12);
  });
});
