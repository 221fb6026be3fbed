import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonWithTorch } from '../../../torch/test/pytorch/python.ts';
import { registerExportCommand } from '../../src/cli/export.ts';
import { planRetraining } from '../../src/experiment/retrain/plan.ts';
import { retrain } from '../../src/experiment/retrain/retrain.ts';
import { knownArchitectures } from '../../src/search-space/index.ts';
import { parseConfig } from '../../src/study/config.ts';
import { runCommand } from '../fixtures/cli.ts';
import { fixtures } from '../fixtures/paths.ts';
import { namedCells } from './named-cells.ts';

/* From retraining to the program that somebody else runs: real worker, engine, text and Python, at toy size. */

const python = pythonWithTorch();
const novel = readFileSync(join(fixtures.text, 'war-and-peace.txt'), 'utf8').split('\n');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nascent-retrained-cell-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const planOf = (name: string, level: 'word' | 'character') => {
  const vocabulary = level === 'word' ? { vocabularySize: 80, unknown: '<unk>' } : {};
  const dataset = { name: 'text', level, path: 'train.txt', testPath: 'test.txt', ...vocabulary };
  const model = { hidden: 8, layers: 2, tied: level === 'word' };
  const architecture = namedCells.get(name);
  if (architecture === undefined) throw new Error(`no cell ${name}`);
  return planRetraining(
    { label: name, architecture, tokens: knownArchitectures.get(name)?.tokens ?? '' },
    parseConfig(
      {
        space: { use: 'recurrent-cell' },
        evaluator: { use: 'language-model', options: { dataset, model, batchSize: 5, steps: 20, epochs: 1 } },
        strategy: { use: 'random' },
        reward: { kind: 'inverse-square-perplexity' },
        trials: 1,
        retrain: {
          grid: { learningRate: [0.5] },
          gridEpochs: 1,
          final: { epochs: 1, recipe: { initialisation: 0.5 } },
        },
      },
      'test.config.ts',
    ),
  );
};

describe.skipIf(python === null)('a retrained cell, exported', () => {
  it.each([
    ['nascell', 'word', ['--whole']],
    ['lstm', 'character', []],
  ] as const)(
    '%s: model.py tells the test perplexity of its report (%ss)',
    async (name, level, options) => {
      writeFileSync(join(directory, 'train.txt'), novel.slice(0, 60).join('\n'));
      // No character that the training text lacks.
      const known = new Set(novel.slice(0, 50).join('\n'));
      const test = Array.from(novel.slice(60, 90).join('\n')).filter((character) => known.has(character));
      writeFileSync(join(directory, 'test.txt'), test.join(''));
      const out = join(directory, name);
      const { test: report } = await retrain(planOf(name, level), {
        out,
        configDirectory: directory,
        searchStudy: null,
        draw: () => '',
        drawCell: () => '<svg></svg>',
        command: `npx nascent retrain ${name}`,
        threads: 1,
        signal: new AbortController().signal,
        onEvent: () => {},
      });
      if (report?.metric !== 'perplexity') throw new Error('no test perplexity');
      const words = [
        'export',
        name,
        '--model',
        join(out, 'model.safetensors'),
        '--out',
        out,
        '--format',
        'pytorch',
      ];
      const { code, err } = await runCommand(registerExportCommand, words, { cwd: directory });
      expect(code, err).toBe(0);
      const run = spawnSync(python ?? '', [join(out, 'model.py'), join(directory, 'test.txt'), ...options], {
        encoding: 'utf8',
      });
      expect(run.status, run.stderr).toBe(0);
      const told = /^perplexity (\d+\.\d+) of ([\d,]+) /.exec(run.stdout);
      expect(Number(told?.[1]) / report.perplexity).toBeCloseTo(1, 4);
      expect(Number(told?.[2]?.replaceAll(',', '')) + 1).toBe(report.words);
    },
    120_000,
  );
});
