import { describe, expect, it } from 'vitest';
import { evaluate } from '../../test/fixtures/evaluate.ts';
import { fixtures } from '../../test/fixtures/paths.ts';
import { createEvaluator, inline } from './nats-bench-size.ts';
import { readNatsBenchSize } from './nats-bench-size-table.ts';

// Expected numbers: test/fixtures/benchmarks/facts.py, which reads the table without this code.
const surroundings = { configDirectory: fixtures.benchmarks };
const create = (options: object = {}) =>
  createEvaluator({ table: 'natsbench-size', ...options }, surroundings);
const network = (channels: string) => ({ kind: 'nats-bench-size', channels });

describe('the table of the NATS-Bench size space', () => {
  it('has every network once, with the published optimum', async () => {
    const { rows } = await readNatsBenchSize({
      folder: 'natsbench-size',
      file: 'sss_cifar10.csv',
      path: 'natsbench-size',
      ...surroundings,
    });
    expect(rows.size).toBe(32_768);
    const [best] = [...rows].sort(([, a], [, b]) => b.test90 - a.test90);
    expect(best).toEqual(['64:64:56:64:24', { test90: 93.65 / 100, parameters: 536_618 }]);
    const sum = [...rows.values()].reduce((total, row) => total + row.test90, 0);
    expect(sum / 32_768).toBeCloseTo(0.91085464, 8);
  });
});

describe('the evaluator nats-bench-size', () => {
  it('rewards the only accuracy there is, under the split benchmark, and gives it as final score too', async () => {
    const evaluator = await create();
    const score = { split: 'benchmark', metric: 'accuracy', value: 79.79 / 100 };
    expect(inline && evaluator.inline).toBe(true);
    expect(evaluator.score).toEqual({ split: 'benchmark', metric: 'accuracy' });
    const evaluation = await evaluate(evaluator, network('8:8:8:8:8'));
    expect(evaluation.curve.map(({ epoch, score }) => ({ epoch, score }))).toEqual([{ epoch: 90, score }]);
    expect(evaluation).toMatchObject({ parameters: 11_714, facts: {} });
    expect(evaluator.finals(network('8:8:8:8:8'))).toEqual({ validation: null, test: score });
  });

  it('refuses unknown options, another table and architectures of another space', async () => {
    await expect(create({ dataset: 'cifar100' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(create({ table: 'nasbench201/nasbench201_cifar10.csv.gz' })).rejects.toThrow(
      /evaluator nas-bench-201/,
    );
    await expect(evaluate(await create(), network('8:8'))).rejects.toMatchObject({
      code: 'ARCHITECTURE_INVALID',
    });
  });
});
