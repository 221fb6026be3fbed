import { isNasBench201Arch } from '../search-space/tabular/nas-bench-201.ts';
import { readCsvTable } from './csv-table.ts';
import { readTableFile, type TableRequest } from './table-file.ts';

/** What the table says of a cell. Accuracies are fractions. */
export interface NasBench201Row {
  /** Validation accuracy after the 12-epoch schedule: the cheap signal of a search. */
  readonly validation12: number;
  /** Validation accuracy after the 200-epoch schedule. */
  readonly validation200: number;
  /** Test accuracy after the 200-epoch schedule: what published tables report. */
  readonly test200: number;
  /** Seconds of training for 200 epochs; every epoch takes the same time. */
  readonly trainSeconds200: number;
}

export interface NasBench201Table {
  readonly path: string;
  /** SHA-256 (hex) of the unpacked file. */
  readonly checksum: string;
  /** Architecture string → row, all 15,625. */
  readonly rows: ReadonlyMap<string, NasBench201Row>;
}

/**
 * Reads a NAS-Bench-201 table. Needed are the columns arch, val12, val200, test200 and train_time_200; the others
 * are not read.
 * @throws BenchmarkError
 */
export async function readNasBench201(request: TableRequest): Promise<NasBench201Table> {
  const file = await readTableFile(request);
  const rows = readCsvTable(
    file,
    {
      table: 'NAS-Bench-201',
      columns: ['arch', 'val12', 'val200', 'test200', 'train_time_200'],
      key: 'arch',
      isKey: isNasBench201Arch,
      keyForm: 'an architecture |op~0|+|op~0|op~1|+|op~0|op~1|op~2|',
      rows: 15_625,
    },
    (row): NasBench201Row => ({
      validation12: row.fraction('val12'),
      validation200: row.fraction('val200'),
      test200: row.fraction('test200'),
      trainSeconds200: row.positive('train_time_200'),
    }),
  );
  return { path: file.path, checksum: file.checksum, rows };
}
