import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recipeSchema } from '../../child/recipe.ts';
import { parseConfig } from '../../study/config.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { planRetraining } from './plan.ts';
import { writeRetrainReport } from './report.ts';
import type { RetrainFindings } from './report-parts.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-report-'));
});
afterEach(() => rm(directory, { recursive: true }));

const chain = {
  kind: 'convolutional',
  version: 2,
  layers: [
    {
      kind: 'convolution',
      filterHeight: 3,
      filterWidth: 3,
      strideHeight: 1,
      strideWidth: 1,
      filterCount: 4,
      batchNorm: true,
      inputs: [0],
    },
  ],
  outputs: [1],
} as const;
const classNames = ['cat', 'dog & <wolf>', 'ship'];
const confusion = [
  [8, 2, 0],
  [3, 7, 0],
  [0, 0, 5],
];

const plan = planRetraining(
  { label: 'trial 12', architecture: chain, tokens: 'convolutional@1/dad62e88/x/end' },
  parseConfig(
    {
      space: { use: 'convolutional', arguments: { layers: 1 } },
      evaluator: { use: 'image-classifier' },
      strategy: { use: 'random' },
      trials: 1,
      retrain: { grid: { learningRate: [0.1, 3] }, gridEpochs: 5 },
    },
    'test.config.ts',
  ),
);

const run = (number: number, learningRate: number, value: number | null) =>
  ({
    number,
    architecture: {
      kind: 'recipe',
      version: 1,
      learningRate,
      weightDecay: 1e-4,
      batchNormEpsilon: 1e-5,
      decayAt: [0.5, 0.75],
    },
    state: value === null ? 'diverged' : 'completed',
    outcome: value === null ? { kind: 'diverged', epoch: 1, detail: 'lost' } : { kind: 'completed' },
    score: value === null ? null : { split: 'validation', metric: 'accuracy', value },
    seconds: 12,
  }) as unknown as TrialRecord;

const findings = (changes: Partial<RetrainFindings> = {}): RetrainFindings => ({
  plan,
  runs: [run(1, 0.1, 0.71), run(2, 3, null)],
  final: {
    kind: 'classifier',
    run: 1,
    recipe: recipeSchema.parse({ epochs: 2 }),
    curve: [1, 2].map((epoch) => ({
      epoch,
      trainingLoss: 2 / epoch,
      score: { split: 'validation', metric: 'accuracy', value: 0.4 * epoch },
      elapsedMs: 30_000 * epoch,
    })),
    image: { channels: 3, height: 32, width: 32, classes: 3 },
    classNames,
    parameters: 1234,
    examples: 45_000,
    validationExamples: 5_000,
    datasetChecksum: 'abc123',
    threads: 1,
  },
  test: {
    metric: 'accuracy',
    accuracy: 0.8,
    confusion,
    datasetChecksum: 'def456',
    openedAt: '2026-01-02T03:04:05Z',
    cutOff: 0,
  },
  openings: 1,
  study: { codeVersion: '0.1.0' } as RetrainFindings['study'],
  command: 'npx nascent retrain 12',
  draw: () => '<svg id="drawn"><text>network</text></svg>',
  ...changes,
});

async function written(changes: Partial<RetrainFindings> = {}) {
  const files = await writeRetrainReport(findings(changes), directory);
  const text = (name: string) => readFile(join(directory, name), 'utf8');
  return { files, html: await text('report.html'), markdown: await text('report.md'), text };
}

describe('report of a retraining', () => {
  it('is one page that needs nothing else, and Markdown with its drawings beside it', async () => {
    const { html, markdown, files, text } = await written();
    expect(html).not.toMatch(/<script|<link|src=|https?:(?!\/\/www\.w3\.org)/);
    expect(html).toContain('<svg id="drawn">');
    for (const name of ['training', 'confusion', 'network']) {
      expect(markdown).toContain(`(${name}.svg)`);
      expect(await text(`${name}.svg`)).not.toMatch(/NaN|Infinity|undefined/);
    }
    expect(files.map((file) => file.slice(directory.length + 1))).toEqual([
      'report.html',
      'report.md',
      'network.svg',
      'training.svg',
      'confusion.svg',
    ]);
  });

  it('has the numbers: test, grid with its best and its failed run, classes', async () => {
    const { markdown } = await written();
    expect(markdown).toContain('# trial 12 retrained: test accuracy 80.00 %');
    expect(markdown).toContain('| test error | 20.00 % |');
    expect(markdown).toContain('| test images | 25 |');
    expect(markdown).toContain('| 1 (best) | 0.1 | 0.0001 | 0.00001 | 0.5, 0.75 | 71.00 % | 12 |');
    expect(markdown).toMatch(/\| 2 \| 3 \|.*\| diverged \|/);
    // Recall of class 2: 7 of 10; precision: 7 of 9.
    expect(markdown).toContain('| dog & \\<wolf> | 10 | 70.00 % | 77.78 % |');
  });

  it('says how it was made: command, network, seeds, checksums', async () => {
    const { markdown } = await written();
    for (const fact of ['npx nascent retrain 12', 'convolutional@1/dad62e88/x/end', 'abc123', 'def456'])
      expect(markdown).toContain(fact);
    expect(markdown).toContain(String(plan.final.seed));
  });

  it('says how often the test set was opened, whatever the truth is', async () => {
    expect((await written()).markdown).toMatch(/opened once .*Nothing else of this search/);
    expect((await written({ openings: 4 })).markdown).toMatch(/has 4 openings in all/);
    const cut = { ...findings().test, cutOff: 1 };
    expect((await written({ test: cut, openings: null })).markdown).toMatch(
      /opened 2 times for this network: 1 time was cut off before a result was stored/,
    );
  });

  it('the same findings give the same bytes', async () => {
    expect((await written()).html).toBe((await written()).html);
  });
});
