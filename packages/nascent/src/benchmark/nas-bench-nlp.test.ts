import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../test/fixtures/evaluate.ts';
import { fixtures, wholeTable } from '../../test/fixtures/paths.ts';
import { nasBenchNlp } from '../search-space/index.ts';
import { createEvaluator, inline } from './nas-bench-nlp.ts';
import { readNasBenchNlp } from './nas-bench-nlp-table.ts';

// Expected numbers: test/fixtures/benchmarks/facts.py, which reads the table without this code.
const POOL = 301;
const surroundings = { configDirectory: fixtures.benchmarks };
const create = (options: object = {}) =>
  createEvaluator({ table: 'nasbench-nlp', cells: POOL, ...options }, surroundings);
const ranked = (rank: number) => ({ kind: 'nas-bench-nlp', cells: POOL, rank });
const request = { folder: 'nasbench-nlp', file: 'ptb_cells_a.jsonl', path: 'nasbench-nlp', ...surroundings };

const place = mkdtempSync(join(tmpdir(), 'nascent-nlp-'));
afterAll(() => rmSync(place, { recursive: true }));

describe('the pool of NAS-Bench-NLP', () => {
  it('stands in order of parameters, then of id', async () => {
    const { cells } = await readNasBenchNlp(request);
    expect(cells.length).toBe(POOL);
    for (const [i, cell] of cells.entries()) {
      const before = cells[i - 1];
      if (before === undefined) continue;
      expect(before.params < cell.params || (before.params === cell.params && before.id < cell.id)).toBe(
        true,
      );
    }
    expect([0, 79, 159].map((rank) => cells[rank]?.id)).toEqual([1_000_000, 1_000_002, 1_000_001]);
  });

  const line = {
    id: 7,
    params: 100,
    status: 'ok',
    epochs: 2,
    time_s: 1,
    best_epoch: 2,
    val_ppl: 9,
    test_ppl: 8,
    train_loss: [2, 1],
  };
  it.each([
    ['a broken line', ['{"id":'], /line 1 of .* is not JSON/],
    ['another table', ['arch,val12', '|none~0|,1'], /line 1 .*evaluator nas-bench-201/],
    ['a second line of another kind', [JSON.stringify(line), '[]'], /line 2 .*no cell of NAS-Bench-NLP/],
    [
      'a cell twice',
      [JSON.stringify(line), JSON.stringify(line)],
      /line 2 .*cell 7 stands in line 1 already/,
    ],
    ['an ok cell without a perplexity', [JSON.stringify({ ...line, val_ppl: null })], /val_ppl/],
    ['a perplexity below 1', [JSON.stringify({ ...line, test_ppl: 0.5 })], /test_ppl/],
    ['an unknown status', [JSON.stringify({ ...line, status: 'lost' })], /status/],
    ['a missing field', [JSON.stringify({ ...line, time_s: undefined })], /time_s/],
  ])('%s is refused with its place', async (_, lines, reason) => {
    const path = join(place, 'cells.jsonl');
    writeFileSync(path, `${lines.join('\n')}\n`);
    await expect(readNasBenchNlp({ ...request, path })).rejects.toMatchObject({ code: 'BENCHMARK_FORMAT' });
    await expect(readNasBenchNlp({ ...request, path })).rejects.toThrow(reason);
  });
});

describe('the evaluator nas-bench-nlp', () => {
  it('the LSTM: lowest validation perplexity, after its epoch, for the recorded time', async () => {
    const evaluator = await create();
    expect(inline && evaluator.inline).toBe(true);
    expect(evaluator.score).toEqual({ split: 'validation', metric: 'perplexity' });
    const evaluation = await evaluate(evaluator, ranked(159));
    expect(evaluation).toEqual({
      outcome: { kind: 'completed' },
      curve: [
        {
          epoch: 40,
          trainingLoss: 3.1848,
          score: { split: 'validation', metric: 'perplexity', value: 82.1709 },
          elapsedMs: 0,
        },
      ],
      parameters: 10_896_400,
      facts: { simulatedSeconds: 11_654.8 },
    });
    expect(evaluator.finals(ranked(159))).toEqual({
      validation: { split: 'validation', metric: 'perplexity', value: 82.1709 },
      test: { split: 'test', metric: 'perplexity', value: 78.7133 },
    });
  });

  it('the GRU', async () => {
    const { curve } = await evaluate(await create(), ranked(79));
    expect(curve.map(({ epoch, score }) => [epoch, score.value])).toEqual([[49, 89.2607]]);
  });

  it('a training that broke down has diverged, and has no final scores even where it had a best epoch', async () => {
    const evaluator = await create();
    // Cell 1002083 reached perplexity 106.74 in epoch 35 of 36; cell 2006485 broke down at once.
    expect(await evaluate(evaluator, ranked(91))).toEqual({
      outcome: { kind: 'diverged', epoch: 36, detail: 'the loss became NaN' },
      curve: [],
      parameters: 9_214_800,
      facts: { simulatedSeconds: 5964.8 },
    });
    expect((await evaluate(evaluator, ranked(50))).outcome).toMatchObject({
      kind: 'diverged',
      epoch: 0,
      detail: expect.stringContaining('overflow'),
    });
    expect(evaluator.finals(ranked(91))).toEqual({ validation: null, test: null });
  });

  it('a pool of another size is refused when it is read, and so is a rank of another pool', async () => {
    await expect(create({ cells: 7161 })).rejects.toMatchObject({ code: 'BENCHMARK_INCOMPLETE' });
    await expect(create({ cells: 7161 })).rejects.toThrow(/has 301 cells, but a pool of 7161 was expected/);
    const other = { kind: 'nas-bench-nlp', cells: 7161, rank: 5 };
    await expect(evaluate(await create(), other)).rejects.toThrow(/option cells to 301/);
  });

  it('every rank of the space is a cell of the pool', async () => {
    const evaluator = await create();
    const size = nasBenchNlp({ cells: POOL }).size?.({}) ?? 0n;
    for (let rank = 0; rank < Number(size); rank++)
      expect((await evaluate(evaluator, ranked(rank))).parameters).toBeGreaterThan(0);
  });
});

const full = wholeTable('nasbench-nlp/ptb_cells_a.jsonl.gz');

describe.skipIf(full === undefined)('the full pool, where it is there', () => {
  it('has the counts and the median of its description, and the default space fits it', async () => {
    const { cells } = await readNasBenchNlp({ ...request, path: full });
    const count = (status: string) => cells.filter((cell) => cell.status === status).length;
    expect([count('ok'), count('nan'), count('overflow')]).toEqual([5791, 1325, 45]);
    const perplexities = cells.flatMap((cell) => (cell.status === 'ok' ? [cell.val_ppl] : []));
    expect(perplexities.sort((a, b) => a - b)[2895]).toBe(139.6849);
    expect(cells.slice(0, 2).map(({ id }) => id)).toEqual([1_000_000, 1_000_105]);
    expect(cells[4703]?.id).toBe(2_004_857);
    expect(nasBenchNlp().size?.({})).toBe(BigInt(cells.length));
  });
});
