import { liveTensors, scope } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { TextColumns } from './text-columns.ts';

const text = Int32Array.from({ length: 23 }, (_, i) => i);

function read(columns: TextColumns, steps: number) {
  return Array.from({ length: columns.chunks(steps) }, (_, i) =>
    scope(() => {
      const { words, next } = columns.chunk(i, steps);
      return { shape: words.shape, words: words.toNumbers(), next: next.toNumbers() };
    }),
  );
}

describe('a text in columns', () => {
  it('is read side by side, each part in order, chunk after chunk', () => {
    const columns = new TextColumns(text, 2, 4);
    const chunks = read(columns, 4);
    expect(chunks.map(({ shape }) => shape)).toEqual([
      [4, 2],
      [4, 2],
      [2, 2],
    ]);
    // Parts of 11 words: 0 … 10 and 11 … 21; the last word of the text is left over.
    expect(chunks[0]?.words).toEqual([0, 11, 1, 12, 2, 13, 3, 14]);
    expect(chunks[2]?.words).toEqual([8, 19, 9, 20]);
    columns.dispose();
  });

  it('pairs every word with the one after it', () => {
    const columns = new TextColumns(text, 3, 2);
    for (const { words, next } of read(columns, 2)) expect(next).toEqual(words.map((word) => word + 1));
    expect(columns.length * columns.batch).toBe(read(columns, 2).flatMap(({ words }) => words).length);
    columns.dispose();
  });

  it('goes on where the chunk before ended', () => {
    const columns = new TextColumns(text, 2, 3);
    const chunks = read(columns, 3);
    for (const [i, { words }] of chunks.slice(1).entries())
      expect(words.slice(0, 2)).toEqual(chunks[i]?.next.slice(-2));
    columns.dispose();
  });

  it('refuses a text whose parts are shorter than a sequence, and says what would do', () => {
    expect(() => new TextColumns(text, 5, 4)).toThrow(
      /23 words, which makes 5 parts of 4; a sequence of 4 steps needs 5 in each.*at least 25 words/,
    );
    expect(() => new TextColumns(text, 5, 3).dispose()).not.toThrow();
  });

  it('leaves no tensor', () => {
    const before = liveTensors();
    const columns = new TextColumns(text, 2, 4);
    read(columns, 4);
    columns.dispose();
    expect(liveTensors()).toBe(before);
  });
});
