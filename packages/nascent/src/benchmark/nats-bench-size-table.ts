import { isNatsBenchChannels } from '../search-space/tabular/nats-bench-size.ts';
import { readCsvTable } from './csv-table.ts';
import { readTableFile, type TableRequest } from './table-file.ts';

/** What the table says of a network. */
export interface NatsBenchSizeRow {
  /** Test accuracy after the 90-epoch schedule, one seed; a fraction. */
  readonly test90: number;
  /** Trainable parameters. */
  readonly parameters: number;
}

export interface NatsBenchSizeTable {
  /** SHA-256 (hex) of the unpacked file. */
  readonly checksum: string;
  /** `c1:c2:c3:c4:c5` → row, all 32,768. */
  readonly rows: ReadonlyMap<string, NatsBenchSizeRow>;
}

/**
 * Reads a table of the NATS-Bench size space. Needed are the columns channels, params and test90.
 * @throws BenchmarkError
 */
export async function readNatsBenchSize(request: TableRequest): Promise<NatsBenchSizeTable> {
  const file = await readTableFile(request);
  const rows = readCsvTable(
    file,
    {
      table: 'NATS-Bench size',
      columns: ['channels', 'params', 'test90'],
      key: 'channels',
      isKey: isNatsBenchChannels,
      keyForm: 'five of 8, 16, …, 64 with ":" between them',
      rows: 32_768,
    },
    (row): NatsBenchSizeRow => ({ test90: row.fraction('test90'), parameters: row.count('params') }),
  );
  return { checksum: file.checksum, rows };
}
