import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { knownCell } from '../../../test/plain-language-model.ts';
import { languageModelRecipeSchema } from '../../child/language-model/recipe.ts';
import { knownCells } from '../../search-space/index.ts';
import { parseConfig, type StudyConfigInput } from '../../study/config.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { planRetraining } from './plan.ts';
import { writeRetrainReport } from './report.ts';
import type { RetrainFindings } from './report-parts.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-cell-report-'));
});
afterEach(() => rm(directory, { recursive: true }));

function planOf(name: string, retrain: StudyConfigInput['retrain']) {
  const tokens = knownCells.get(name)?.tokens ?? '';
  const architecture = knownCell(name);
  return planRetraining(
    { label: name, architecture, tokens },
    parseConfig(
      {
        space: { use: 'recurrent-cell' },
        evaluator: { use: 'language-model', options: { dataset: {}, model: { hidden: 650 } } },
        strategy: { use: 'random' },
        reward: { kind: 'inverse-square-perplexity', lastEpochs: 2 },
        trials: 1,
        ...(retrain === undefined ? {} : { retrain }),
      },
      'test.config.ts',
    ),
  );
}

const run = (number: number, choice: object, value: number | null) =>
  ({
    number,
    architecture: { kind: 'language-recipe', version: 1, ...choice },
    state: value === null ? 'diverged' : 'completed',
    outcome: value === null ? { kind: 'diverged', epoch: 1, detail: 'lost' } : { kind: 'completed' },
    score: value === null ? null : { split: 'validation', metric: 'perplexity', value },
    seconds: 3600,
  }) as unknown as TrialRecord;

const findings = (changes: Partial<RetrainFindings> = {}): RetrainFindings => ({
  plan: planOf('nascell', { gridEpochs: 5 }),
  runs: [run(1, { learningRate: 1, dropout: 0.5 }, 1234.5), run(2, { learningRate: 2, dropout: 0.5 }, null)],
  final: {
    kind: 'language-model',
    run: 1,
    recipe: languageModelRecipeSchema.parse({ epochs: 2 }),
    curve: [1, 2].map((epoch) => ({
      epoch,
      trainingLoss: 6 / epoch,
      score: { split: 'validation', metric: 'perplexity', value: 180 / epoch },
      elapsedMs: 30_000 * epoch,
    })),
    shape: { vocabulary: 10_000, hidden: 650, layers: 2, tied: true },
    level: 'word',
    dataset: 'penn-treebank',
    parameters: 20_000_000,
    words: 929_589,
    validationWords: 73_760,
    datasetChecksum: 'abc123',
    threads: 1,
    samples: [1, 2, 3].map((seed) => ({
      seed,
      temperature: 0.8,
      prompt: '<eos>',
      text: `the <b>bank</b> | said\nnumber ${seed}\n`,
    })),
  },
  test: {
    metric: 'perplexity',
    perplexity: 67.9,
    bitsPerToken: Math.log2(67.9),
    words: 82_430,
    datasetChecksum: 'def456',
    openedAt: '2026-01-02T03:04:05Z',
    cutOff: 0,
  },
  openings: 1,
  study: { codeVersion: '0.1.0' } as RetrainFindings['study'],
  command: 'npx nascent retrain nascell',
  draw: () => '',
  drawCell: () => '<svg id="drawn"></svg>',
  ...changes,
});

async function written(changes: Partial<RetrainFindings> = {}) {
  const files = await writeRetrainReport(findings(changes), directory);
  const text = (name: string) => readFile(join(directory, name), 'utf8');
  return { files, html: await text('report.html'), markdown: await text('report.md'), text };
}

describe('report of a cell’s retraining', () => {
  it('is one page that needs nothing else, with the cell, the curves and no confusion matrix', async () => {
    const { html, markdown, files, text } = await written();
    expect(html).not.toMatch(/<script|<link|src=|https?:(?!\/\/www\.w3\.org)/);
    expect(html).toContain('<svg id="drawn">');
    expect(files.map((file) => file.slice(directory.length + 1))).toEqual([
      'report.html',
      'report.md',
      'cell.svg',
      'training.svg',
    ]);
    expect(await text('training.svg')).not.toMatch(/NaN|Infinity|undefined/);
    expect(markdown).not.toMatch(/confusion|accuracy|image/i);
  });

  it('has the numbers: test, bits, size, grid with its best and its failed run', async () => {
    const { markdown } = await written();
    expect(markdown).toContain('# nascell retrained: test perplexity 67.90');
    expect(markdown).toContain('| bits per word | 6.0853 |');
    expect(markdown).toContain('| words of the test text | 82,430 |');
    expect(markdown).toContain('| validation perplexity | 90.00 |');
    expect(markdown).toContain('| hidden size | 650 |');
    expect(markdown).toContain("| softmax | the embedding's table |");
    expect(markdown).toMatch(
      /judged by validation perplexity \(best of the last 2 epochs\)\. Run 1 is the best/,
    );
    expect(markdown).toContain('| run | learning rate | dropout | validation perplexity | seconds |');
    expect(markdown).toContain('| 1 (best) | 1 | 0.5 | 1,234.50 | 3,600 |');
    expect(markdown).toContain('| 2 | 2 | 0.5 | diverged | 3,600 |');
    expect(markdown).toContain('embedding 0.2, input 0.5, recurrent 0.2, output 0.5');
  });

  it('shows what the model writes, with seed and temperature, escaped', async () => {
    const { markdown, html } = await written();
    expect(markdown).toContain('temperature 0.8');
    for (const seed of [1, 2, 3])
      expect(markdown).toContain(`- Seed ${seed}: the \\<b>bank\\</b> \\| said ↵ number ${seed}\n`);
    expect(html).toContain('the &lt;b&gt;bank&lt;/b&gt; | said ↵ number 1');
  });

  it('says how it was made: command, cell, text, checksums', async () => {
    const { markdown } = await written();
    for (const fact of ['npx nascent retrain nascell', 'recurrent-cell@1/', 'abc123', 'def456'])
      expect(markdown).toContain(fact);
    expect(markdown).toContain('penn-treebank, 929,589 words trained on (train), 73,760 for validation');
    expect(markdown).toContain('read in one pass');
  });

  it('of characters has bits per character, and says that the text was read in parts', async () => {
    const { final, test } = findings();
    const { markdown } = await written({ final: { ...final, level: 'character' } as typeof final, test });
    expect(markdown).toContain('| bits per character | 6.0853 |');
    expect(markdown).toContain('read in parts of 1,024 characters');
  });

  it('of a layer of the engine has its formulas, and no drawing', async () => {
    const { markdown, files } = await written({ plan: planOf('lstm', { grid: { learningRate: [1] } }) });
    expect(markdown).toContain('| c′ | f · c + i · g |');
    expect(files.some((file) => file.endsWith('cell.svg'))).toBe(false);
  });

  it('trained on the validation text too says so', async () => {
    const plan = planOf('nascell', { final: { text: 'train+validation' } });
    expect((await written({ plan })).markdown).toMatch(
      /Perplexity of the validation text \(73,760 of the 929,589 words trained on\)/,
    );
  });
});
