import { describe, expect, it } from 'vitest';
import { GrowingTable } from './columns.ts';
import { table } from './table.ts';

const head = ['trial', 'state', 'reward', 'tokens'];
const rows = [
  ['1', 'completed', '0.5', '3 5'],
  ['2', '= 1', '–', ''],
  ['100000', 'queued', '0.125', '1'],
];

describe('a table that is printed some rows at a time', () => {
  it.each([true, false])('looks as one that is printed whole (colours: %s)', (color) => {
    const options = { rightAlign: [0, 2], color };
    expect(new GrowingTable(head, options).lines(rows)).toBe(table(head, rows, options));
  });

  it('prints its head once, and keeps the widths that it had to take', () => {
    const growing = new GrowingTable(head, { rightAlign: [0], color: false });
    expect(growing.lines(rows.slice(0, 1)).split('\n')).toEqual([
      'trial  state      reward  tokens',
      '    1  completed  0.5     3 5',
    ]);
    expect(growing.lines(rows.slice(2))).toBe('100000  queued     0.125   1');
    expect(growing.lines(rows.slice(1, 2))).toBe('     2  = 1        –');
  });
});
