import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveTensors } from '@nascent/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countingText, knownCell } from '../../../test/plain-language-model.ts';
import type { EpochReport } from '../../evaluation/evaluation.ts';
import { languageModelParameters } from '../../search-space/index.ts';
import { createEvaluator } from './evaluator.ts';

const WORDS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-text-'));
  const words = [...countingText(1200, WORDS.length)].map((index) => WORDS[index]);
  const lines = Array.from({ length: 120 }, (_, i) => words.slice(10 * i, 10 * i + 10).join(' '));
  await writeFile(join(directory, 'counting.txt'), `${lines.join('\n')}\n`);
});
afterAll(() => rm(directory, { recursive: true }));

const optionsOf = (changes: object = {}) => ({
  dataset: { name: 'text', path: 'counting.txt' },
  model: { hidden: 6 },
  epochs: 2,
  batchSize: 4,
  steps: 8,
  optimiser: 'adam',
  learningRate: 0.02,
  initialisation: 0.4,
  ...changes,
});
const open = (changes?: object) =>
  createEvaluator(optionsOf(changes), { threads: 1, configDirectory: directory });

async function evaluate(architecture: unknown, changes?: object) {
  const evaluator = await open(changes);
  const reports: EpochReport[] = [];
  const evaluation = await evaluator.evaluate(architecture, {
    seed: 5,
    report: (epoch) => reports.push(epoch),
    signal: new AbortController().signal,
  });
  evaluator.dispose();
  return { evaluation, reports };
}

describe('the evaluator language-model', () => {
  it('scores a cell by the perplexity of its model on the validation text', async () => {
    const { evaluation, reports } = await evaluate(knownCell('nascell'));
    expect(evaluation.outcome).toEqual({ kind: 'completed' });
    expect(reports).toEqual(evaluation.curve);
    expect(evaluation.curve.map(({ score }) => [score.split, score.metric])).toEqual([
      ['validation', 'perplexity'],
      ['validation', 'perplexity'],
    ]);
    const shape = { vocabulary: WORDS.length + 1, hidden: 6, layers: 2, tied: false };
    expect(evaluation.parameters).toBe(languageModelParameters(knownCell('nascell'), shape));
    expect(evaluation.facts).toMatchObject({ hidden: 6, layers: 2, vocabulary: WORDS.length + 1, tied: 0 });
  });

  it('chooses the width by a budget of parameters, for each cell its own', async () => {
    const widths = await Promise.all(
      ['worked-example', 'nascell', 'lstm', 'gru'].map(async (name) => {
        const { evaluation } = await evaluate(knownCell(name), { model: { parameters: 3000 }, epochs: 1 });
        expect(evaluation.parameters).toBeLessThanOrEqual(3000);
        expect(evaluation.parameters).toBeGreaterThan(2000);
        return evaluation.facts['hidden'] ?? 0;
      }),
    );
    const [example = 0, nascell = 0, lstm = 0, gru = 0] = widths;
    expect([example > gru, gru > lstm, lstm > nascell]).toEqual([true, true, true]);
  });

  it('refuses a model that is over the limit, untrained', async () => {
    const { evaluation } = await evaluate(knownCell('nascell'), { maxParameters: 500 });
    expect(evaluation.outcome).toMatchObject({ kind: 'too-large', measure: 'parameters', limit: 500 });
    expect(evaluation.curve).toEqual([]);
  });

  it('has no tensor left after a child', async () => {
    await evaluate(knownCell('nascell'));
    const before = liveTensors();
    await evaluate(knownCell('gru'));
    expect(liveTensors()).toBe(before);
  });

  it.each([
    ['no text', { dataset: undefined }, /dataset/],
    ['both a width and a budget', { model: { hidden: 6, parameters: 9 } }, /one of hidden .* and parameters/],
    ['neither', { model: {} }, /one of hidden .* and parameters/],
    ['a budget too small', { model: { parameters: 10 } }, /a budget of 10 parameters is too small/],
    ['steps beyond the text', { steps: 500 }, /a sequence of 500 steps needs 501 in each/],
    ['a word that is no option', { learningrate: 1 }, /learningrate/],
    [
      'a validation text without a word',
      { dataset: { name: 'text', path: 'counting.txt', validationFraction: 0.00001 } },
      /validation/,
    ],
  ])('says what is wrong: %s', async (_, changes, words) => {
    await expect(evaluate(knownCell('nascell'), changes)).rejects.toThrow(words);
  });

  it('says before the first child that the text is too short', async () => {
    await expect(open({ steps: 500 })).rejects.toThrow(/a sequence of 500 steps needs 501 in each/);
  });

  it('refuses what is no recurrent layer', async () => {
    await expect(evaluate({ kind: 'convolutional' })).rejects.toThrow(
      /of kind "convolutional".*recurrent-cell/,
    );
    const cell = knownCell('nascell');
    await expect(evaluate({ ...cell, cellIndex: 15 })).rejects.toThrow(/is 15; the nodes.* 0 to 14/);
    await expect(evaluate({ ...cell, base: 6 })).rejects.toThrow(/power of two/);
  });
});
