import { z } from 'zod';
import { InvalidArchitectureError } from '../search-space/errors.ts';
import { parseNasBenchMacroArchitecture } from '../search-space/tabular/nas-bench-macro.ts';
import { type NasBenchMacroRow, readNasBenchMacro } from './nas-bench-macro-table.ts';
import {
  parseTableOptions,
  scoreOf,
  type TableSurroundings,
  tableEvaluator,
  tableOption,
} from './table-evaluator.ts';

/** Options of the evaluator `nas-bench-macro`. */
export const nasBenchMacroSchema = z.strictObject({ table: tableOption });

export const inline = true;

/**
 * The evaluator that looks networks of the space `nas-bench-macro` up in the published table. The table has no
 * validation column: its declared reward is the accuracy of the first training (split `benchmark`), and `finals` gives
 * the mean of all three. It has no times either, so there is no `simulatedSeconds`.
 * @throws NascentError for wrong options; BenchmarkError for a missing or damaged table
 */
export async function createEvaluator(options: unknown, { configDirectory }: TableSurroundings) {
  const { table } = parseTableOptions(nasBenchMacroSchema, options, 'nas-bench-macro');
  const { rows, checksum } = await readNasBenchMacro({
    folder: 'nasbench-macro',
    file: 'nasbench_macro_cifar10.csv',
    path: table,
    configDirectory,
  });
  const score = { split: 'benchmark', metric: 'accuracy' } as const;

  const rowOf = (architecture: unknown): NasBenchMacroRow => {
    const { arch } = parseNasBenchMacroArchitecture(architecture);
    const row = rows.get(arch);
    if (row !== undefined) return row;
    throw new InvalidArchitectureError(`The NAS-Bench-Macro table has no row for ${arch}.`); // it is complete
  };

  return tableEvaluator({
    score,
    checksum,
    entry(architecture) {
      const { first, parameters, flops } = rowOf(architecture);
      // The table does not say after how many epochs: one report stands for the whole training.
      return {
        outcome: { kind: 'completed' },
        score: { epoch: 1, value: first },
        parameters,
        facts: { flops },
      };
    },
    finals: (architecture) => ({ validation: null, test: scoreOf(score, rowOf(architecture).mean) }),
  });
}

export default createEvaluator;
