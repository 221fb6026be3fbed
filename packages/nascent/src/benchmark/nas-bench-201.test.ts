import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../test/fixtures/evaluate.ts';
import { fixtures, wholeTable } from '../../test/fixtures/paths.ts';
import { spearman } from '../../test/fixtures/ranks.ts';
import { nasBench201Cost, operationsOfArch } from '../search-space/index.ts';
import { createEvaluator, inline } from './nas-bench-201.ts';
import { type NasBench201Row, type NasBench201Table, readNasBench201 } from './nas-bench-201-table.ts';

// Expected numbers: test/fixtures/benchmarks/facts.py, which reads the table without this code.
const surroundings = { configDirectory: fixtures.benchmarks };
const create = (options: object = {}) => createEvaluator({ table: 'nasbench201', ...options }, surroundings);
const cell = (arch: string) => ({ kind: 'nas-bench-201', arch });

/** Best by validation after 12 epochs, and best by validation and by test after 200. */
const bestAfter12 =
  '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|';
const bestAfter200 =
  '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|';

let table: NasBench201Table;
let rows: NasBench201Row[];
beforeAll(async () => {
  table = await readNasBench201({
    folder: 'nasbench201',
    file: 'nasbench201_cifar10.csv',
    path: 'nasbench201',
    ...surroundings,
  });
  rows = [...table.rows.values()];
});
const archOfBest = (score: (row: NasBench201Row) => number): string | undefined =>
  [...table.rows].reduce((best, entry) => (score(entry[1]) > score(best[1]) ? entry : best))[0];
const mean = (score: (row: NasBench201Row) => number): number =>
  rows.reduce((sum, row) => sum + score(row), 0) / rows.length;

describe('the table of NAS-Bench-201', () => {
  it('has every cell once; the best ones are the published ones', () => {
    expect(table.rows.size).toBe(15_625);
    expect(archOfBest((row) => row.validation12)).toBe(bestAfter12);
    expect(archOfBest((row) => row.validation200)).toBe(bestAfter200);
    expect(archOfBest((row) => row.test200)).toBe(bestAfter200);
    expect(table.rows.get(bestAfter12)?.validation12).toBeCloseTo(0.84892, 12);
    expect(table.rows.get(bestAfter200)?.validation200).toBeCloseTo(0.916067, 12);
    expect(table.rows.get(bestAfter200)?.test200).toBeCloseTo(0.943733, 12);
  });

  it('has the means of the table', () => {
    expect(mean((row) => row.validation12)).toBeCloseTo(0.68851679, 8);
    expect(mean((row) => row.validation200)).toBeCloseTo(0.83686852, 8);
    expect(mean((row) => row.test200)).toBeCloseTo(0.87062931, 8);
    expect((mean((row) => row.trainSeconds200) * 12.4) / 200).toBeCloseTo(113.335188, 6);
  });

  it('12 epochs of training rank the cells roughly as 200 do', () => {
    const test200 = rows.map((row) => row.test200);
    expect(
      spearman(
        rows.map((row) => row.validation12),
        test200,
      ),
    ).toBeCloseTo(0.771828, 6);
    expect(
      spearman(
        rows.map((row) => row.validation200),
        test200,
      ),
    ).toBeCloseTo(0.984112, 6);
  });
});

describe('the evaluator nas-bench-201', () => {
  it('needs no process; its scores are validation accuracies', async () => {
    const evaluator = await create();
    expect(inline).toBe(true);
    expect(evaluator).toMatchObject({
      inline: true,
      score: { split: 'validation', metric: 'accuracy' },
      datasetChecksum: table.checksum,
    });
  });

  it('val12: the score after 12 epochs; the cost of 12 epochs and 0.4 for the pass over the validation set', async () => {
    const evaluation = await evaluate(await create(), cell(bestAfter12));
    expect(evaluation).toMatchObject({ outcome: { kind: 'completed' }, parameters: 1_073_466 });
    expect(evaluation.curve).toEqual([
      {
        epoch: 12,
        trainingLoss: Number.NaN,
        score: { split: 'validation', metric: 'accuracy', value: 84.892 / 100 },
        elapsedMs: 0,
      },
    ]);
    expect(evaluation.facts['simulatedSeconds']).toBeCloseTo((2806.0142 * 12.4) / 200, 9);
    expect(evaluation.facts['flops']).toBe(153_272_970);
  });

  it('val200: the score after 200 epochs, for its cost', async () => {
    const evaluation = await evaluate(await create({ reward: 'val200' }), cell(bestAfter200));
    expect(evaluation.curve.map(({ epoch, score }) => [epoch, score.value])).toEqual([[200, 91.6067 / 100]]);
    expect(evaluation.facts['simulatedSeconds']).toBeCloseTo((2879.7493 * 200.4) / 200, 9);
  });

  it('finals are the scores after 200 epochs, each with its split, whatever the search was shown', async () => {
    const expected = {
      validation: { split: 'validation', metric: 'accuracy', value: 91.6067 / 100 },
      test: { split: 'test', metric: 'accuracy', value: 94.3733 / 100 },
    };
    expect((await create()).finals(cell(bestAfter200))).toEqual(expected);
    expect((await create({ reward: 'val200' })).finals(cell(bestAfter200))).toEqual(expected);
  });

  it('another data set has its own file, and the images and classes of that set', async () => {
    await expect(create({ dataset: 'cifar100' })).rejects.toThrow(/no table nasbench201_cifar100\.csv/);
    const file = join('nasbench201', 'nasbench201_cifar10.csv.gz'); // columns are the same: stands in here
    const { parameters, facts } = await evaluate(
      await create({ dataset: 'imagenet16-120', table: file }),
      cell(bestAfter200),
    );
    expect(parameters).toBe(1_073_466 + 110 * 65);
    expect(facts).toMatchObject({ inputHeight: 16, inputWidth: 16, classes: 120 });
  });

  it.each([
    [{ dataset: 'cifar-10' }, /dataset/],
    [{ reward: 'test200' }, /reward/],
    [{ path: 'nasbench201' }, /path/],
  ])('options %j are refused', async (options, reason) => {
    await expect(create(options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(create(options)).rejects.toThrow(reason);
  });

  it('an architecture of another space is refused', async () => {
    const evaluator = await create();
    await expect(evaluate(evaluator, { kind: 'nas-bench-macro', arch: '22212220' })).rejects.toMatchObject({
      code: 'ARCHITECTURE_INVALID',
    });
    expect(() => evaluator.finals({ kind: 'nas-bench-macro', arch: '22212220' })).toThrow(/space\.use/);
  });
});

const full = wholeTable('nasbench201/nasbench201_cifar10.csv.gz');

describe.skipIf(full === undefined)('the full table, where it is there', () => {
  it('counts the same parameters and FLOPs in all 15,625 cells, and says the same as the small one', async () => {
    const lines = gunzipSync(readFileSync(full ?? ''))
      .toString()
      .trimEnd()
      .split('\n')
      .slice(1);
    const cost = nasBench201Cost();
    const different = lines.filter((line) => {
      const [, arch = '', params, , flops] = line.split(',');
      const counted = cost(operationsOfArch(arch));
      return counted.parameters !== Number(params) || counted.flops !== Number(flops);
    });
    expect(lines.length).toBe(15_625);
    expect(different).toEqual([]);
    const whole = await readNasBench201({
      folder: 'nasbench201',
      file: 'nasbench201_cifar10.csv',
      path: full,
      ...surroundings,
    });
    expect(whole.rows).toEqual(table.rows);
  });
});
