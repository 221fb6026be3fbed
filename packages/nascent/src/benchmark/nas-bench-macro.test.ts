import { describe, expect, it } from 'vitest';
import { evaluate } from '../../test/fixtures/evaluate.ts';
import { fixtures } from '../../test/fixtures/paths.ts';
import { spearman } from '../../test/fixtures/ranks.ts';
import { createEvaluator, inline } from './nas-bench-macro.ts';
import { readNasBenchMacro } from './nas-bench-macro-table.ts';

// Expected numbers: test/fixtures/benchmarks/facts.py, which reads the table without this code.
const surroundings = { configDirectory: fixtures.benchmarks };
const create = (options: object = {}) =>
  createEvaluator({ table: 'nasbench-macro', ...options }, surroundings);
const network = (arch: string) => ({ kind: 'nas-bench-macro', arch });

describe('the table of NAS-Bench-Macro', () => {
  it('has every network once, with the published best, worst and mean', async () => {
    const { rows } = await readNasBenchMacro({
      folder: 'nasbench-macro',
      file: 'nasbench_macro_cifar10.csv',
      path: 'nasbench-macro',
      ...surroundings,
    });
    expect(rows.size).toBe(6561);
    const means = [...rows.values()].map((row) => row.mean);
    const best = Math.max(...means);
    expect(best).toBeCloseTo(0.931267, 12);
    expect([...rows].filter(([, row]) => row.mean === best).map(([arch]) => arch)).toEqual([
      '22212202',
      '22212220',
    ]);
    expect(Math.min(...means)).toBe(rows.get('00000000')?.mean);
    expect(means.reduce((sum, value) => sum + value, 0) / 6561).toBeCloseTo(0.90246598, 8);
    const first = [...rows.values()].map((row) => row.first);
    expect(spearman(first, means)).toBeCloseTo(0.992895, 6);
  });
});

describe('the evaluator nas-bench-macro', () => {
  it('rewards the first training, which the table declares: split benchmark, no time', async () => {
    const evaluator = await create();
    expect(inline && evaluator.inline).toBe(true);
    expect(evaluator.score).toEqual({ split: 'benchmark', metric: 'accuracy' });
    const evaluation = await evaluate(evaluator, network('00000001'));
    expect(evaluation.curve.map(({ score }) => score)).toEqual([
      { split: 'benchmark', metric: 'accuracy', value: 64.34 / 100 },
    ]);
    expect(evaluation).toMatchObject({ outcome: { kind: 'completed' }, parameters: 791_594 });
    expect(evaluation.facts).toEqual({ flops: 14_115_328 });
  });

  it('finals are the mean of three trainings, still on the split benchmark', async () => {
    const { finals } = await create();
    expect(finals(network('00000001'))).toEqual({
      validation: null,
      test: { split: 'benchmark', metric: 'accuracy', value: 64.2233 / 100 },
    });
  });

  it('refuses unknown options, another table and architectures of another space', async () => {
    await expect(create({ reward: 'acc2' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(create({ table: 'natsbench-size/sss_cifar10.csv.gz' })).rejects.toThrow(
      /evaluator nats-bench-size/,
    );
    await expect(evaluate(await create(), network('3'))).rejects.toMatchObject({
      code: 'ARCHITECTURE_INVALID',
    });
  });
});
