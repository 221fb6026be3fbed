import { z } from 'zod';
import { InvalidArchitectureError } from '../search-space/errors.ts';
import type { ImageInput } from '../search-space/network-description.ts';
import { operationsOfArch, parseNasBench201Architecture } from '../search-space/tabular/nas-bench-201.ts';
import { nasBench201Cost } from '../search-space/tabular/nas-bench-201-description.ts';
import { type NasBench201Row, readNasBench201 } from './nas-bench-201-table.ts';
import {
  parseTableOptions,
  scoreOf,
  type TableSurroundings,
  tableEvaluator,
  tableOption,
} from './table-evaluator.ts';

/** The images that the cells were trained on. */
const DATASETS = {
  cifar10: { height: 32, width: 32, channels: 3, classes: 10 },
  cifar100: { height: 32, width: 32, channels: 3, classes: 100 },
  'imagenet16-120': { height: 16, width: 16, channels: 3, classes: 120 },
} as const satisfies Record<string, ImageInput>;

/**
 * The two rewards: which epoch the score was taken after, and what one evaluation costs in training epochs.
 * A pass over the validation set costs about 0.4 of a training epoch (measured on cells of the benchmark whose
 * times are recorded: 0.33 to 0.49).
 */
const REWARDS = {
  val12: { epoch: 12, costInEpochs: 12.4, scoreIn: (row: NasBench201Row) => row.validation12 },
  val200: { epoch: 200, costInEpochs: 200.4, scoreIn: (row: NasBench201Row) => row.validation200 },
} as const;

/** Options of the evaluator `nas-bench-201`. */
export const nasBench201Schema = z.strictObject({
  dataset: z.enum(['cifar10', 'cifar100', 'imagenet16-120']).default('cifar10'),
  table: tableOption,
  reward: z
    .enum(['val12', 'val200'])
    .default('val12')
    .describe('validation accuracy after 12 epochs, or after 200'),
});

export const inline = true;

/**
 * The evaluator that looks cells of the space `nas-bench-201` up in the published table. The score is validation
 * accuracy; the fact `simulatedSeconds` is what the evaluation would have cost: training and one pass over the
 * validation set. `finals` gives validation and test accuracy after 200 epochs.
 * @throws NascentError for wrong options; BenchmarkError for a missing or damaged table
 */
export async function createEvaluator(options: unknown, { configDirectory }: TableSurroundings) {
  const { dataset, table, reward } = parseTableOptions(nasBench201Schema, options, 'nas-bench-201');
  const { rows, checksum, path } = await readNasBench201({
    folder: 'nasbench201',
    file: `nasbench201_${dataset}.csv`,
    path: table,
    configDirectory,
  });
  const input = DATASETS[dataset];
  const costOf = nasBench201Cost(input);
  const { epoch, costInEpochs, scoreIn } = REWARDS[reward];

  const rowOf = (architecture: unknown): { readonly arch: string; readonly row: NasBench201Row } => {
    const { arch } = parseNasBench201Architecture(architecture);
    const row = rows.get(arch);
    if (row !== undefined) return { arch, row };
    throw new InvalidArchitectureError(`${path} has no row for the architecture ${arch}.`); // it is complete
  };

  return tableEvaluator({
    score: { split: 'validation', metric: 'accuracy' },
    checksum,
    entry(architecture) {
      const { arch, row } = rowOf(architecture);
      const { parameters, flops } = costOf(operationsOfArch(arch));
      const facts = {
        simulatedSeconds: (row.trainSeconds200 * costInEpochs) / 200,
        flops,
        // What a drawing of the child needs to know of its input.
        inputHeight: input.height,
        inputWidth: input.width,
        inputChannels: input.channels,
        classes: input.classes,
      };
      return { outcome: { kind: 'completed' }, score: { epoch, value: scoreIn(row) }, parameters, facts };
    },
    finals(architecture) {
      const { row } = rowOf(architecture);
      return {
        validation: scoreOf({ split: 'validation', metric: 'accuracy' }, row.validation200),
        test: scoreOf({ split: 'test', metric: 'accuracy' }, row.test200),
      };
    },
  });
}

export default createEvaluator;
