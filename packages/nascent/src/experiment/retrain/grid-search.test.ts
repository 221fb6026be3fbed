import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConvolutionalArchitecture } from '../../search-space/index.ts';
import { openStore } from '../../store/open-store.ts';
import { parseConfig } from '../../study/config.ts';
import type { RetrainConfig } from '../../study/retrain-config.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { RetrainChangedError, RetrainFailedError } from './errors.ts';
import { bestRun, gridSearch, gridStudyOf } from './grid-search.ts';
import { planRetraining } from './plan.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-grid-'));
});
afterEach(() => rm(directory, { recursive: true }));

const networkOf = (filterCount: number) =>
  parseConvolutionalArchitecture({
    kind: 'convolutional',
    version: 1,
    layers: [
      { kind: 'convolution', filterHeight: 3, filterWidth: 3, strideHeight: 1, strideWidth: 1, filterCount },
    ],
  });

function planOf({
  filters = 4,
  seed = 1,
  retrain = {},
}: {
  filters?: number;
  seed?: number;
  retrain?: object;
}) {
  const config = parseConfig(
    {
      space: { use: 'convolutional', arguments: { layers: 1 } },
      evaluator: { use: 'image-classifier' },
      strategy: { use: 'random' },
      trials: 1,
      seed,
      retrain: retrain as RetrainConfig,
    },
    'test.config.ts',
  );
  return planRetraining({ label: 'trial 3', architecture: networkOf(filters), tokens: null }, config);
}

/** A grid that was begun and has no run yet. */
async function begin(plan: ReturnType<typeof planOf>): Promise<void> {
  const store = await openStore(gridStudyOf(directory), { access: 'create' });
  await store.createStudy({
    name: 'study',
    config: plan.grid,
    seed: plan.grid.seed,
    space: { name: 'recipe-grid', version: 1, fingerprint: '01234567', options: {} },
    evaluatorIdentity: 'e',
    strategy: 'grid',
    codeVersion: '0',
    datasetChecksum: null,
  });
  await store.close();
}

const resume = (plan: ReturnType<typeof planOf>) =>
  gridSearch(plan, gridStudyOf(directory), {
    directory,
    configDirectory: directory,
    signal: new AbortController().signal,
    takeOver: false,
    onEvent: () => {},
  });

describe('a directory that holds another retraining is refused', () => {
  it.each([
    ['another network', { filters: 8 }, /the network has changed.*1 layer, digest \w{8}.*now .*digest \w{8}/],
    ['another seed', { seed: 2 }, /seed has changed.*began with 1, now it is 2/],
    ['another grid', { retrain: { grid: { learningRate: [0.3] } } }, /space\.options\.\w+ has changed/],
    [
      'other epochs of the grid',
      { retrain: { gridEpochs: 7 } },
      /evaluator\.options\.classifier\.epochs has changed/,
    ],
    ['other final epochs', { retrain: { final: { epochs: 9 } } }, /retrain\.final\.epochs has changed/],
    [
      'other images',
      { retrain: { final: { images: 'train+validation' } } },
      /retrain\.final\.images has changed/,
    ],
  ])('%s', async (_, change, words) => {
    await begin(planOf({}));
    const resumed = resume(planOf(change));
    await expect(resumed).rejects.toThrow(RetrainChangedError);
    await expect(resumed).rejects.toThrow(words);
  });
});

describe('the best run', () => {
  const run = (number: number, state: string, reward: number) =>
    ({ number, state, reward, outcome: { kind: state } }) as unknown as TrialRecord;

  it('is the completed one with the best reward, the earliest of equals', () => {
    const runs = [
      run(1, 'diverged', 2),
      run(2, 'completed', 0.5),
      run(3, 'completed', 0.7),
      run(4, 'completed', 0.7),
    ];
    expect(bestRun(runs).number).toBe(3);
  });

  it('is none where none was completed, and each run’s outcome is said', () => {
    expect(() => bestRun([run(1, 'diverged', 0), run(2, 'diverged', 0)])).toThrow(RetrainFailedError);
    expect(() => bestRun([run(1, 'diverged', 0)])).toThrow(/run 1: diverged.*smaller learning rates/);
    expect(() => bestRun([run(1, 'too-large', 0)])).toThrow(/run 1: too-large.*nascent show NUMBER/);
  });
});
