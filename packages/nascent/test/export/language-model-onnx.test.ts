import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scope } from '@nascent/torch';
import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLanguageModel } from '../../src/child/language-model/index.ts';
import { onnxCell } from '../../src/export/onnx/language-model/cell.ts';
import { onnxLanguageModel } from '../../src/export/onnx/language-model/model.ts';
import { sampledCells } from '../sampled-cells.ts';
import {
  type FinishedLanguageModel,
  factsOfLanguageModel,
  furthest,
  ourNumbers,
  readingOf,
  saveFinishedLanguageModel,
} from './finished-language-model.ts';
import { namedCells } from './named-cells.ts';
import { runOnnx, runOnnxLanguageModel } from './run-language-model.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nascent-export-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function saved(finished: FinishedLanguageModel, seed = 1): string {
  const path = join(folder, 'model.safetensors');
  saveFinishedLanguageModel(path, finished, seed);
  return path;
}

/** 1e-5, relative to the largest number where that is above 1. */
async function expectSame(finished: FinishedLanguageModel, seed = 1): Promise<void> {
  const path = saved(finished, seed);
  const reading = readingOf(factsOfLanguageModel(finished));
  const bytes = scope(() => onnxLanguageModel(loadLanguageModel(path)));
  const { outputs, shapes } = await runOnnxLanguageModel(bytes, reading);
  for (const { name, declared, computed } of shapes) expect([name, computed]).toEqual([name, declared]);
  expect(furthest(outputs, ourNumbers(path, reading))).toBeLessThan(1e-5);
}

describe('language-model.onnx in ONNX Runtime computes what our model computes, in the shapes that it says', () => {
  it.each([...namedCells])('%s, two layers', async (_, architecture) => {
    await expectSame({ architecture, layers: 2, tied: false });
  });

  it.each([...namedCells])('%s, one layer, embedding and softmax with one table', async (_, architecture) => {
    await expectSame({ architecture, layers: 1, tied: true });
  });

  const seed = 7;
  it(`random cells of every base, with max and sin (seed ${seed})`, async () => {
    const cells = fc.sample(sampledCells(16), { numRuns: 16, seed });
    expect(new Set(cells.map(({ cell }) => cell.base)).size).toBe(4);
    for (const [i, { cell }] of cells.entries())
      await expectSame({ architecture: cell, layers: 1 + (i % 2), tied: i % 3 === 0 }, i);
  });

  it('the state after one call is the state before the next', async () => {
    const finished = {
      architecture: namedCells.get('nascell'),
      layers: 2,
      tied: true,
    } as FinishedLanguageModel;
    const path = saved(finished);
    const bytes = scope(() => onnxLanguageModel(loadLanguageModel(path)));
    const whole = readingOf(factsOfLanguageModel(finished), 5, 2);
    const first = { ...whole, steps: 3, words: whole.words.slice(0, 6) };
    const { outputs } = await runOnnxLanguageModel(bytes, first);
    const states = Object.fromEntries(
      Object.keys(whole.states).map((name) => [name, Float32Array.from(outputs[`next_${name}`] ?? [])]),
    );
    const rest = { steps: 2, batch: 2, words: whole.words.slice(6), states };
    const { logits: _, ...after } = (await runOnnxLanguageModel(bytes, rest)).outputs;
    const { logits: __, ...expected } = ourNumbers(path, whole);
    expect(furthest(after, expected)).toBeLessThan(1e-5);
  });
});

describe('cell.onnx is one step of the first layer', () => {
  it.each([...namedCells])('%s', async (_, architecture) => {
    const finished = { architecture, layers: 2, tied: false };
    const path = saved(finished);
    const reading = readingOf(factsOfLanguageModel(finished), 1, 3);
    const { bytes, x } = scope(() => {
      const model = loadLanguageModel(path);
      const table = model.state.get('embedding.weight')?.toFloat32() ?? new Float32Array();
      const rows = [...reading.words].flatMap((word) => [...table.subarray(5 * word, 5 * (word + 1))]);
      return { bytes: onnxCell(model), x: Float32Array.from(rows) };
    });
    const state = (name: 'h' | 'c') => {
      const values = reading.states[`${name}1`];
      return values === undefined ? {} : { [name]: new Tensor('float32', values, [3, 5]) };
    };
    const feeds = { x: new Tensor('float32', x, [3, 5]), ...state('h'), ...state('c') };
    const { outputs, shapes } = await runOnnx(bytes, feeds, { batch: 3 });
    for (const { name, declared, computed } of shapes) expect([name, computed]).toEqual([name, declared]);
    const { next_h1, next_c1 } = ourNumbers(path, reading);
    const expected = {
      ...(next_h1 === undefined ? {} : { next_h: next_h1 }),
      ...(next_c1 === undefined ? {} : { next_c: next_c1 }),
    };
    expect(furthest(outputs, expected)).toBeLessThan(1e-5);
  });
});
