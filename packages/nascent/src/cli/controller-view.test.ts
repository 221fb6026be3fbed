import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controllerLine, ranges } from './controller-view.ts';

describe('numbers in short', () => {
  it.each([
    [[4], '4'],
    [[1, 2], '1, 2'],
    [[3, 1, 2], '1 to 3'],
    [[1, 2, 3, 4, 8, 10, 11], '1 to 4, 8, 10, 11'],
    [[], ''],
  ])('%j: %s', (numbers, text) => {
    expect(ranges(numbers)).toBe(text);
  });

  it('names each of them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), (numbers) => {
        const named = ranges(numbers)
          .split(', ')
          .filter((part) => part !== '')
          .flatMap((part) => {
            const [from = 0, to = from] = part.split(' to ').map(Number);
            return Array.from({ length: to - from + 1 }, (_, k) => from + k);
          });
        expect(named).toEqual([...numbers].sort((a, b) => a - b));
      }),
    );
  });
});

describe('a controller’s log', () => {
  it('says how far behind a gradient was, and keeps the mean for machines', () => {
    const line = controllerLine({
      kind: 'pushed',
      replica: 2,
      sequence: 7,
      trials: [9, 10],
      staleness: [1, 2],
    });
    expect(line.text).toBe('replica 2 learned from 9, 10 (push 7, 1.5 updates behind)');
    expect(line.facts).toEqual({ replica: 2, sequence: 7, trials: '9, 10', staleness: 1.5 });
  });

  it('warns of what is no error: the database away, a replica that another process has', () => {
    expect(controllerLine({ kind: 'unavailable', error: new Error('cannot reach it') })).toMatchObject({
      level: 'warn',
      text: 'cannot reach it',
    });
    expect(controllerLine({ kind: 'replica-lost', replica: 3 }).level).toBe('warn');
  });
});
