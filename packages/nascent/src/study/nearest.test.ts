import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.ts';

const keys = ['trials', 'workers', 'seed', 'limits'];

describe('the nearest word', () => {
  it.each([
    ['trails', 'trials'],
    ['worker', 'workers'],
    ['Seed', 'seed'],
    ['limit', 'limits'],
  ])('%s means %s', (word, meant) => {
    expect(nearest(word, keys)).toBe(meant);
  });

  it('what resembles none means none', () => {
    expect(nearest('dropout', keys)).toBeNull();
    expect(nearest('x', [])).toBeNull();
  });
});
