import { z } from 'zod';
import { InvalidArchitectureError } from '../search-space/errors.ts';
import { parseNatsBenchSizeArchitecture } from '../search-space/tabular/nats-bench-size.ts';
import { type NatsBenchSizeRow, readNatsBenchSize } from './nats-bench-size-table.ts';
import {
  parseTableOptions,
  scoreOf,
  type TableSurroundings,
  tableEvaluator,
  tableOption,
} from './table-evaluator.ts';

/** Options of the evaluator `nats-bench-size`. */
export const natsBenchSizeSchema = z.strictObject({ table: tableOption });

export const inline = true;

/**
 * The evaluator that looks networks of the space `nats-bench-size` up in the published table. The table has one
 * accuracy only, and it is the declared reward (split `benchmark`) and the final score in one: good for testing
 * strategies, not for claims about generalisation.
 * @throws NascentError for wrong options; BenchmarkError for a missing or damaged table
 */
export async function createEvaluator(options: unknown, { configDirectory }: TableSurroundings) {
  const { table } = parseTableOptions(natsBenchSizeSchema, options, 'nats-bench-size');
  const { rows, checksum } = await readNatsBenchSize({
    folder: 'natsbench-size',
    file: 'sss_cifar10.csv',
    path: table,
    configDirectory,
  });
  const score = { split: 'benchmark', metric: 'accuracy' } as const;

  const rowOf = (architecture: unknown): NatsBenchSizeRow => {
    const { channels } = parseNatsBenchSizeArchitecture(architecture);
    const row = rows.get(channels);
    if (row !== undefined) return row;
    throw new InvalidArchitectureError(`The NATS-Bench size table has no row for ${channels}.`); // it is complete
  };

  return tableEvaluator({
    score,
    checksum,
    entry(architecture) {
      const { test90, parameters } = rowOf(architecture);
      return { outcome: { kind: 'completed' }, score: { epoch: 90, value: test90 }, parameters, facts: {} };
    },
    finals: (architecture) => ({ validation: null, test: scoreOf(score, rowOf(architecture).test90) }),
  });
}

export default createEvaluator;
