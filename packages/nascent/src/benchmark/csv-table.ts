import { BenchmarkError } from './errors.ts';
import { recogniseHeader } from './recognise.ts';
import type { TableFile } from './table-file.ts';

/** What a table in CSV must have. */
export interface CsvFormat {
  /** The table's name for people, for example `NAS-Bench-201`. */
  readonly table: string;
  /** Columns that must be there, in any order; others are ignored. */
  readonly columns: readonly string[];
  /** The column that names the architecture; each may stand in one row only. */
  readonly key: string;
  /** Whether a text in the key column is an architecture of this space. */
  readonly isKey: (text: string) => boolean;
  /** How a key looks, for errors. */
  readonly keyForm: string;
  /** Rows of a complete table. */
  readonly rows: number;
}

/** One row of a table; its readers check what they read and name line and column. */
export interface CsvRow {
  readonly key: string;
  /** A percentage, 0 to 100, as a fraction. @throws BenchmarkError */
  fraction(column: string): number;
  /** A whole number above 0. @throws BenchmarkError */
  count(column: string): number;
  /** A finite number above 0. @throws BenchmarkError */
  positive(column: string): number;
}

/**
 * Reads a CSV table without quoting: one header line, then each architecture once.
 * @param make what is kept of a row
 * @returns architecture → what was kept, in the order of the file
 * @throws BenchmarkError naming the file, the line, what was found and what was expected
 */
export function readCsvTable<T>(
  file: TableFile,
  format: CsvFormat,
  make: (row: CsvRow) => T,
): ReadonlyMap<string, T> {
  const [header = '', ...lines] = file.lines;
  const columns = columnsOf(header, file, format);
  const kept = new Map<string, T>();
  for (const [i, line] of lines.entries()) {
    const fields = line.split(',');
    const where = `line ${i + 2} of ${file.path}`;
    if (fields.length !== columns.size) {
      throw new BenchmarkError(
        'BENCHMARK_FORMAT',
        `${where} has ${fields.length} fields; the header has ${columns.size} columns. The file was changed or is damaged: copy it again.`,
      );
    }
    const row = rowOf(fields, columns, format, where);
    if (kept.has(row.key)) {
      throw new BenchmarkError(
        'BENCHMARK_FORMAT',
        `${where}: the architecture ${row.key} stands in the table a second time. Every architecture is in one row.`,
      );
    }
    kept.set(row.key, make(row));
  }
  if (kept.size !== format.rows) {
    throw new BenchmarkError(
      'BENCHMARK_INCOMPLETE',
      `${file.path} has ${kept.size} architectures; the ${format.table} table has ${format.rows}. ` +
        'Rows are missing at its end or in between: use the whole table.',
    );
  }
  return kept;
}

function columnsOf(
  header: string,
  file: TableFile,
  { table, columns }: CsvFormat,
): ReadonlyMap<string, number> {
  const names = header.split(',');
  const positions = new Map(names.map((name, i) => [name, i]));
  const missing = columns.filter((name) => !positions.has(name));
  if (missing.length > 0) {
    const found = header.length <= 160 ? header : `${header.slice(0, 159)}…`;
    const other = recogniseHeader(header);
    throw new BenchmarkError(
      'BENCHMARK_FORMAT',
      `line 1 of ${file.path} lacks the column${missing.length === 1 ? '' : 's'} ${missing.join(', ')} of the ${table} table. ` +
        `Found: ${JSON.stringify(found)}. Expected at least ${columns.join(', ')}.` +
        (other === null ? '' : ` This looks like the table of the evaluator ${other}.`),
    );
  }
  if (positions.size !== names.length) {
    const twice = names.find((name, i) => positions.get(name) !== i);
    throw new BenchmarkError(
      'BENCHMARK_FORMAT',
      `line 1 of ${file.path} has the column ${twice} twice. Expected every column once.`,
    );
  }
  return positions;
}

const NUMBER = /^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function rowOf(
  fields: readonly string[],
  columns: ReadonlyMap<string, number>,
  { key: keyColumn, isKey, keyForm }: CsvFormat,
  where: string,
): CsvRow {
  const text = (column: string): string => fields[columns.get(column) ?? -1] ?? '';
  const refuse = (column: string, expected: string): BenchmarkError =>
    new BenchmarkError(
      'BENCHMARK_FORMAT',
      `${where}: ${column} is ${JSON.stringify(text(column))}; expected ${expected}. The file was changed or is damaged: copy it again.`,
    );
  const number = (column: string, expected: string, fits: (value: number) => boolean): number => {
    const written = text(column);
    const value = Number(written);
    if (NUMBER.test(written) && Number.isFinite(value) && fits(value)) return value;
    throw refuse(column, expected);
  };
  const key = text(keyColumn);
  if (!isKey(key)) throw refuse(keyColumn, keyForm);
  return {
    key,
    fraction: (column) => number(column, 'a percentage from 0 to 100', (value) => value <= 100) / 100,
    count: (column) =>
      number(column, 'a whole number above 0', (value) => Number.isSafeInteger(value) && value > 0),
    positive: (column) => number(column, 'a number above 0', (value) => value > 0),
  };
}
