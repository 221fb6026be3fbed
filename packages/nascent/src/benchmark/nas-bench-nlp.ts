import { z } from 'zod';
import { InvalidArchitectureError } from '../search-space/errors.ts';
import { NAS_BENCH_NLP_CELLS, parseNasBenchNlpArchitecture } from '../search-space/tabular/nas-bench-nlp.ts';
import { BenchmarkError } from './errors.ts';
import { type NasBenchNlpCell, readNasBenchNlp } from './nas-bench-nlp-table.ts';
import {
  parseTableOptions,
  scoreOf,
  type TableEntry,
  type TableSurroundings,
  tableEvaluator,
  tableOption,
} from './table-evaluator.ts';

/** Options of the evaluator `nas-bench-nlp`. */
export const nasBenchNlpSchema = z.strictObject({
  table: tableOption,
  cells: z
    .int()
    .min(1)
    .default(NAS_BENCH_NLP_CELLS)
    .describe('cells of the pool; the same number as the option of the space'),
});

export const inline = true;

/**
 * The evaluator that looks cells of the space `nas-bench-nlp` up in a fixed pool. The score is the lowest validation
 * perplexity of 50 epochs on Penn Treebank; cells whose training broke down have diverged. The fact
 * `simulatedSeconds` is the recorded training time.
 * @throws NascentError for wrong options; BenchmarkError for a missing or damaged table, or one with another number
 *   of cells: ranks would then mean other cells
 */
export async function createEvaluator(options: unknown, { configDirectory }: TableSurroundings) {
  const { table, cells: expected } = parseTableOptions(nasBenchNlpSchema, options, 'nas-bench-nlp');
  const { cells, checksum, path } = await readNasBenchNlp({
    folder: 'nasbench-nlp',
    file: 'ptb_cells_a.jsonl',
    path: table,
    configDirectory,
  });
  if (cells.length !== expected) {
    throw new BenchmarkError(
      'BENCHMARK_INCOMPLETE',
      `${path} has ${cells.length} cells, but a pool of ${expected} was expected, and a rank in one is another cell in ` +
        `the other. Use the whole table, or set the option cells to ${cells.length} in the space and in the evaluator.`,
    );
  }

  const cellOf = (architecture: unknown): NasBenchNlpCell => {
    const { cells: pool, rank } = parseNasBenchNlpArchitecture(architecture);
    const cell = pool === cells.length ? cells[rank] : undefined;
    if (cell !== undefined) return cell;
    throw new InvalidArchitectureError(
      `The architecture is rank ${rank} of a pool of ${pool} cells, but ${path} has ${cells.length}. ` +
        `Set the option cells to ${cells.length} in the space and in the evaluator.`,
    );
  };
  const score = { split: 'validation', metric: 'perplexity' } as const;

  return tableEvaluator({
    score,
    checksum,
    entry: (architecture) => entryOf(cellOf(architecture)),
    finals(architecture) {
      const cell = cellOf(architecture);
      // What a broken training reached before it broke is no final score.
      if (cell.status !== 'ok') return { validation: null, test: null };
      return {
        validation: scoreOf(score, cell.val_ppl),
        test: scoreOf({ split: 'test', metric: 'perplexity' }, cell.test_ppl),
      };
    },
  });
}

export default createEvaluator;

function entryOf(cell: NasBenchNlpCell): TableEntry {
  const common = { parameters: cell.params, facts: { simulatedSeconds: cell.time_s } };
  if (cell.status !== 'ok') {
    const detail =
      cell.status === 'nan' ? 'the loss became NaN' : 'the loss became too large to exponentiate (overflow)';
    return { ...common, outcome: { kind: 'diverged', epoch: cell.epochs, detail }, score: null };
  }
  const loss = cell.train_loss[cell.best_epoch - 1] ?? Number.NaN;
  const score = { epoch: cell.best_epoch, value: cell.val_ppl, trainingLoss: loss };
  return { ...common, outcome: { kind: 'completed' }, score };
}
