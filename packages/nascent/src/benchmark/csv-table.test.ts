import { describe, expect, it } from 'vitest';
import { type CsvFormat, readCsvTable } from './csv-table.ts';
import { BenchmarkError } from './errors.ts';

const format: CsvFormat = {
  table: 'letters',
  columns: ['letter', 'accuracy', 'params'],
  key: 'letter',
  isKey: (text) => /^[abc]$/.test(text),
  keyForm: 'a letter from a to c',
  rows: 3,
};
const sound = ['letter,accuracy,params,remark', 'a,10,100,x', 'b,93.5,200,y', 'c,1e2,300,z'];
const read = (lines: readonly string[]) =>
  readCsvTable({ path: '/tables/letters.csv', lines, checksum: '' }, format, (row) => [
    row.fraction('accuracy'),
    row.count('params'),
  ]);
/** The sound table with one line changed; lines count from 1. */
const changed = (line: number, text: string) => sound.map((old, i) => (i === line - 1 ? text : old));

describe('tables in CSV', () => {
  it('each architecture with what was kept of its row; percentages become fractions', () => {
    expect([...read(sound)]).toEqual([
      ['a', [0.1, 100]],
      ['b', [0.935, 200]],
      ['c', [1, 300]],
    ]);
  });

  it('columns may come in any order, and others between them', () => {
    const moved = ['remark,params,letter,accuracy', 'x,100,a,10', 'y,200,b,93.5', 'z,300,c,1e2'];
    expect(read(moved)).toEqual(read(sound));
  });

  it.each([
    [
      'a missing column',
      changed(1, 'letter,acc,params,remark'),
      /line 1 .*lacks the column accuracy .*Expected at least letter, accuracy, params/,
    ],
    [
      'another table',
      ['arch,acc1,acc2', '00000000,1,2'],
      /lacks the columns letter, accuracy, params .*evaluator nas-bench-macro/,
    ],
    ['a column twice', changed(1, 'letter,accuracy,params,params'), /column params twice/],
    ['a short row', changed(3, 'b,93'), /line 3 of .*letters\.csv has 2 fields; the header has 4/],
    ['a long row', changed(3, 'b,93.5,200,y,z'), /line 3 .*has 5 fields/],
    ['an empty line', [...sound, ''], /line 5 .*has 1 fields/],
    [
      'an unknown architecture',
      changed(4, 'd,1,300,z'),
      /line 4 .*letter is "d"; expected a letter from a to c/,
    ],
    [
      'an architecture twice',
      changed(4, 'a,1,300,z'),
      /line 4 .*architecture a stands in the table a second time/,
    ],
    ['a missing row', sound.slice(0, 3), /has 2 architectures; the letters table has 3/],
    [
      'a percentage over 100',
      changed(2, 'a,100.5,100,x'),
      /line 2 .*accuracy is "100.5"; expected a percentage from 0 to 100/,
    ],
    ['a negative percentage', changed(2, 'a,-1,100,x'), /accuracy is "-1"/],
    ['an empty field', changed(2, 'a,,100,x'), /accuracy is ""/],
    ['a word for a number', changed(2, 'a,NaN,100,x'), /accuracy is "NaN"/],
    ['a number as a program writes it', changed(2, 'a,0x1F,100,x'), /accuracy is "0x1F"/],
    ['a quoted number', changed(2, 'a,"10",100,x'), /accuracy is "\\"10\\""/],
    [
      'a count with a fraction',
      changed(2, 'a,10,100.5,x'),
      /params is "100.5"; expected a whole number above 0/,
    ],
    ['a count of none', changed(2, 'a,10,0,x'), /params is "0"/],
  ])('%s is refused with file, place, what was found and what was expected', (_, lines, reason) => {
    expect(() => read(lines)).toThrow(BenchmarkError);
    expect(() => read(lines)).toThrow(reason);
    expect(() => read(lines)).toThrow('/tables/letters.csv');
  });
});
