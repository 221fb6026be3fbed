import { z } from 'zod';
import { BenchmarkError } from './errors.ts';
import { recogniseHeader } from './recognise.ts';
import { readTableFile, type TableRequest } from './table-file.ts';

const count = z.int().min(0);
const perplexity = z.number().min(1);
const common = {
  /** The benchmark's number of the cell. */
  id: count,
  /** Parameters of the language model, embedding included. */
  params: z.int().min(1),
  /** Epochs recorded. */
  epochs: count,
  /** Wall-clock seconds of the recorded epochs. */
  time_s: z.number().min(0),
};

/** The fields that are read; a line may have more (the curves of validation and test, the graph). */
const cellSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('ok'),
    ...common,
    best_epoch: z.int().min(1),
    val_ppl: perplexity,
    test_ppl: perplexity,
    train_loss: z.array(z.number().nullable()),
  }),
  z.object({ status: z.literal('nan'), ...common }),
  z.object({ status: z.literal('overflow'), ...common }),
]);

/** What the table says of a cell. */
export type NasBenchNlpCell = z.output<typeof cellSchema>;

export interface NasBenchNlpTable {
  readonly path: string;
  /** SHA-256 (hex) of the unpacked file. */
  readonly checksum: string;
  /** In order of parameters, then of id: a cell's position is its rank in the pool. */
  readonly cells: readonly NasBenchNlpCell[];
}

/**
 * Reads a pool of NAS-Bench-NLP cells: one JSON object a line.
 * @throws BenchmarkError
 */
export async function readNasBenchNlp(request: TableRequest): Promise<NasBenchNlpTable> {
  const { path, checksum, lines } = await readTableFile(request);
  const lineOf = new Map<number, number>();
  const cells = lines.map((line, i) => {
    const cell = cellOf(line, `line ${i + 1} of ${path}`);
    const before = lineOf.get(cell.id);
    if (before !== undefined) {
      throw new BenchmarkError(
        'BENCHMARK_FORMAT',
        `line ${i + 1} of ${path}: the cell ${cell.id} stands in line ${before} already. Every cell is in one line.`,
      );
    }
    lineOf.set(cell.id, i + 1);
    return cell;
  });
  cells.sort((a, b) => a.params - b.params || a.id - b.id);
  return { path, checksum, cells };
}

function cellOf(line: string, where: string): NasBenchNlpCell {
  const parsed = cellSchema.safeParse(jsonOf(line, where));
  if (parsed.success) return parsed.data;
  throw new BenchmarkError(
    'BENCHMARK_FORMAT',
    `${where} is no cell of NAS-Bench-NLP:\n${z.prettifyError(parsed.error)}\nThe file was changed or is damaged: copy it again.`,
    { cause: parsed.error },
  );
}

function jsonOf(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    const other = recogniseHeader(line);
    throw new BenchmarkError(
      'BENCHMARK_FORMAT',
      `${where} is not JSON; the NAS-Bench-NLP table has one JSON object a line. ` +
        (other === null
          ? 'The file was changed or is damaged: copy it again.'
          : `This looks like the table of the evaluator ${other}.`),
      { cause: error },
    );
  }
}
