import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { scope } from '@nascent/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtures } from '../../../test/fixtures/paths.ts';
import { knownCell } from '../../../test/plain-language-model.ts';
import { loadLanguageModel, modelOf } from '../../child/language-model/model-file.ts';
import { IN_ONE, perplexityOf } from '../../child/language-model/perplexity.ts';
import { loadTestText, textOptionsSchema } from '../../dataset/index.ts';
import { knownCells } from '../../search-space/index.ts';
import { openStore } from '../../store/open-store.ts';
import { parseConfig } from '../../study/config.ts';
import { gridStudyOf } from './grid-search.ts';
import { planRetraining } from './plan.ts';
import { type RetrainResult, retrain } from './retrain.ts';
import type { RetrainEvent } from './retrain-event.ts';

/* A cell from the grid to the report: real worker, engine, text and stores, at toy size. */

const dataset = {
  name: 'text',
  path: join(fixtures.text, 'war-and-peace.txt'),
  trainTokens: 1500,
  validationTokens: 200,
  vocabularySize: 60,
  unknown: '<unk>',
} as const;

const tokens = knownCells.get('worked-example')?.tokens ?? '';
const architecture = knownCell('worked-example');
const plan = planRetraining(
  { label: 'worked-example', architecture, tokens },
  parseConfig(
    {
      space: { use: 'recurrent-cell' },
      evaluator: {
        use: 'language-model',
        options: { dataset, model: { hidden: 8, layers: 1 }, epochs: 2, batchSize: 5, steps: 20 },
      },
      strategy: { use: 'random' },
      reward: { kind: 'inverse-square-perplexity' },
      trials: 1,
      retrain: { grid: { dropout: [0, 0.5] }, gridEpochs: 1, final: { epochs: 3 } },
    },
    'test.config.ts',
  ),
);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-retrain-cell-'));
});
afterAll(() => rm(directory, { recursive: true }));

interface Run {
  readonly result: RetrainResult;
  readonly events: readonly RetrainEvent[];
}

async function run(name: string, stopAt?: (event: RetrainEvent) => boolean): Promise<Run> {
  const events: RetrainEvent[] = [];
  const abort = new AbortController();
  const result = await retrain(plan, {
    out: join(directory, name),
    configDirectory: directory,
    searchStudy: null,
    draw: () => '',
    drawCell: () => '<svg id="the-cell"></svg>',
    command: 'npx nascent retrain worked-example',
    threads: 1,
    signal: abort.signal,
    onEvent: (event) => {
      events.push(event);
      if (stopAt?.(event) === true) abort.abort(new Error('stopped'));
    },
  });
  return { result, events };
}

async function logOf(name: string) {
  const store = await openStore(gridStudyOf(join(directory, name)), { access: 'read' });
  try {
    return await store.logEntries((await store.study()).id);
  } finally {
    await store.close();
  }
}

const model = (name: string) => readFile(join(directory, name, 'model.safetensors'));
const epochsOf = ({ events }: Run) =>
  events.flatMap((event) => (event.kind === 'final-epoch' ? [event.report.epoch] : []));

describe('retraining a cell', { timeout: 60_000 }, () => {
  let whole: Run;
  beforeAll(async () => {
    whole = await run('whole');
  }, 60_000);

  it('tries the grid, trains with the best of it, and tests that model', async () => {
    const { interrupted, runs, final, test, stored } = whole.result;
    expect({ interrupted, stored }).toEqual({ interrupted: null, stored: false });
    expect(runs.map(({ state }) => state)).toEqual(['completed', 'completed']);
    const best = runs.reduce((a, b) => ((b.reward ?? 0) > (a.reward ?? 0) ? b : a));
    if (final?.kind !== 'language-model') throw new Error('no language model');
    expect(final).toMatchObject({ run: best.number, words: 1500, level: 'word', shape: { hidden: 8 } });
    expect(final.recipe.dropout.input).toBe((best.architecture as { dropout: number }).dropout);
    expect(final.curve).toHaveLength(3);
    if (test?.metric !== 'perplexity') throw new Error('no perplexity');
    // What was stored is what the stored model says of the test text.
    const text = await loadTestText(textOptionsSchema.parse(dataset), { configDirectory: directory });
    const loaded = scope(() => modelOf(loadLanguageModel(join(directory, 'whole', 'model.safetensors'))));
    const again = await perplexityOf(loaded, text.test, 'float32', async () => {}, IN_ONE);
    loaded.dispose();
    expect(test.perplexity).toBeCloseTo(again, 10);
    expect(test.datasetChecksum).toBe(text.checksum);
  });

  it('leaves a report without a confusion matrix, and with texts that the model wrote', async () => {
    const { files } = whole.result;
    expect(files.map((file) => basename(file))).toEqual([
      'model.safetensors',
      'report.html',
      'report.md',
      'cell.svg',
      'training.svg',
    ]);
    const markdown = await readFile(join(directory, 'whole', 'report.md'), 'utf8');
    expect(markdown).toMatch(/# worked-example retrained: test perplexity \d+\.\d\d\n/);
    expect(markdown).not.toMatch(/confusion|image|undefined|NaN/);
    expect(markdown.match(/^- Seed \d+: \S+/gm)).toHaveLength(3);
  });

  it.each([
    [
      'a run of the grid',
      (event: RetrainEvent) => event.kind === 'grid' && event.event.kind === 'trial-finished',
      'grid',
    ],
    ['the first epoch', (event: RetrainEvent) => event.kind === 'final-epoch', 'final'],
    [
      'the last epoch',
      (event: RetrainEvent) => event.kind === 'final-epoch' && event.report.epoch === 3,
      'test',
    ],
  ] as const)(
    'interrupted after %s it goes on and ends with the same model and the same result',
    async (name, stopAt, part) => {
      const first = await run(name, stopAt);
      expect(first.result.interrupted).toBe(part);
      expect((await logOf(name)).map(({ kind }) => kind)).not.toContain('test-set-opened');
      const second = await run(name);
      expect([...epochsOf(first), ...epochsOf(second)]).toEqual([1, 2, 3]);
      expect((await model(name)).equals(await model('whole'))).toBe(true);
      const { test, final } = second.result;
      const scores = ({
        perplexity,
        bitsPerToken,
        words,
      }: NonNullable<typeof test> & { metric: 'perplexity' }) => ({
        perplexity,
        bitsPerToken,
        words,
      });
      if (test?.metric !== 'perplexity' || whole.result.test?.metric !== 'perplexity')
        throw new Error('no perplexity');
      expect(scores(test)).toEqual(scores(whole.result.test));
      if (final?.kind !== 'language-model' || whole.result.final?.kind !== 'language-model')
        throw new Error('no language model');
      expect(final.samples).toEqual(whole.result.final.samples);
    },
  );

  it('done, it tells the stored result and opens nothing', async () => {
    const again = await run('whole');
    expect(again.result).toMatchObject({ stored: true, interrupted: null });
    expect(again.result.test).toEqual(whole.result.test);
    expect(again.result.final).toEqual(whole.result.final);
    expect(again.events.map(({ kind }) => kind)).toEqual(['reporting']);
    const opened = (await logOf('whole')).filter(({ kind }) => kind === 'test-set-opened');
    expect(opened).toHaveLength(1);
  });
});
