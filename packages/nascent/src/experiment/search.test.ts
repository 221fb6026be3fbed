import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../store/open-store.ts';
import type { StudyConfigInput } from '../study/config.ts';
import { search } from './search.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nascent-search-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A fake evaluator, inline: its score is how wide the filters are. */
function fakeEvaluator(score: string, epochs = 1): StudyConfigInput {
  writeFileSync(
    join(directory, 'fake.mjs'),
    `export const inline = true;
    export default (options) => ({
      score: ${score}, inline: true, datasetChecksum: 'c0ffee', dispose() {},
      async evaluate({ layers }, { report }) {
        if (options?.refuse) throw new Error('refused');
        const value = layers.reduce((sum, layer) => sum + layer.filterCount, 0) / (64 * layers.length);
        const score = { split: 'validation', metric: 'accuracy', value };
        const curve = Array.from({ length: ${epochs} }, (_, i) => ({ epoch: i + 1, trainingLoss: 1, score, elapsedMs: 1 }));
        for (const point of curve) report(point);
        return { outcome: { kind: 'completed' }, curve, parameters: 1, facts: {} };
      },
    });`,
  );
  return {
    space: { use: 'convolutional', arguments: { layers: 2 } },
    evaluator: { use: './fake.mjs' },
    strategy: { use: 'random' },
    trials: 12,
  };
}

describe('search', () => {
  const study = () => join(directory, 'study.db');

  it('runs a whole study with an inline evaluator and keeps it, with its data set’s checksum', async () => {
    const config = fakeEvaluator("{ split: 'validation', metric: 'accuracy' }");
    const result = await search(config, { study: study(), configDirectory: directory });
    expect(result.trials.map(({ state }) => state)).toEqual(Array(12).fill('completed'));
    expect(result.best?.reward).toBe(Math.max(...result.trials.map(({ reward }) => reward ?? 0)));
    expect(result.progress?.trials).toBe(4);
    const store = await openStore(study(), { access: 'read' });
    expect((await store.study()).datasetChecksum).toBe('c0ffee');
    await store.close();
  });

  it('says nothing of rising rewards where children were stopped early: theirs are of shorter trainings', async () => {
    const config = fakeEvaluator("{ split: 'validation', metric: 'accuracy' }", 2);
    const stopping = { rule: 'median', after: 1, warmUpTrials: 1 } as const;
    const result = await search({ ...config, stopping }, { study: study(), configDirectory: directory });
    expect(result.trials.some(({ state }) => state === 'stopped')).toBe(true);
    expect(result.progress).toBeNull();
  });

  it.each([
    ["{ split: 'test', metric: 'accuracy' }", /"test"/],
    ["{ split: 'validation', metric: 'perplexity' }", /perplexity/],
  ])('refuses scores %s before any trial, and leaves no file behind', async (score, message) => {
    const refused = search(fakeEvaluator(score), { study: study(), configDirectory: directory });
    await expect(refused).rejects.toThrow(message);
    expect(existsSync(study())).toBe(false);
  });

  it('keeps the preset that it was begun with, also where it goes on for a thousand trials and more', async () => {
    const config: StudyConfigInput = {
      ...fakeEvaluator("{ split: 'validation', metric: 'accuracy' }"),
      strategy: { use: 'policy-gradient' },
      trials: 3,
    };
    const strategyOf = async () => {
      const store = await openStore(study(), { access: 'read' });
      const { config: kept } = await store.study();
      await store.close();
      return kept;
    };
    const strong = { strategy: { use: 'policy-gradient', options: { preset: 'strong', warmup: 1 } } };
    await search(config, { study: study(), configDirectory: directory });
    expect(await strategyOf()).toMatchObject(strong);

    const stop = new AbortController();
    const longer = await search(
      { ...config, trials: 5000 },
      {
        study: study(),
        configDirectory: directory,
        signal: stop.signal,
        onEvent: ({ kind }) => {
          if (kind === 'trial-finished') stop.abort();
        },
      },
    );
    expect(longer.trials.length).toBeGreaterThan(3);
    expect(await strategyOf()).toMatchObject({ ...strong, trials: 5000 });
  });
});
