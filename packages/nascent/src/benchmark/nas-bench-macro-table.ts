import { isNasBenchMacroArch } from '../search-space/tabular/nas-bench-macro.ts';
import { readCsvTable } from './csv-table.ts';
import { readTableFile, type TableRequest } from './table-file.ts';

/** What the table says of a network. Accuracies are fractions; all of them were measured on test images. */
export interface NasBenchMacroRow {
  /** Accuracy of the first of three trainings. */
  readonly first: number;
  /** Mean accuracy of the three trainings. */
  readonly mean: number;
  /** Trainable parameters, as recorded. */
  readonly parameters: number;
  /** Floating-point operations, as recorded. */
  readonly flops: number;
}

export interface NasBenchMacroTable {
  /** SHA-256 (hex) of the unpacked file. */
  readonly checksum: string;
  /** Eight digits → row, all 6,561. */
  readonly rows: ReadonlyMap<string, NasBenchMacroRow>;
}

/**
 * Reads a NAS-Bench-Macro table. Needed are the columns arch, acc1, mean, params and flops.
 * @throws BenchmarkError
 */
export async function readNasBenchMacro(request: TableRequest): Promise<NasBenchMacroTable> {
  const file = await readTableFile(request);
  const rows = readCsvTable(
    file,
    {
      table: 'NAS-Bench-Macro',
      columns: ['arch', 'acc1', 'mean', 'params', 'flops'],
      key: 'arch',
      isKey: isNasBenchMacroArch,
      keyForm: '8 digits 0, 1 or 2 (a spreadsheet drops leading zeros: do not save the table from one)',
      rows: 6561,
    },
    (row): NasBenchMacroRow => ({
      first: row.fraction('acc1'),
      mean: row.fraction('mean'),
      parameters: row.count('params'),
      flops: row.count('flops'),
    }),
  );
  return { checksum: file.checksum, rows };
}
