import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../test/fixtures/cli.ts';
import { encodeSample, nasBench201, randomStream, sampleUniformly } from '../index.ts';
import { registerRetrainCommand } from './retrain.ts';

/* What is refused before anything is trained. test/crash/retrain.test.ts trains. */

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'nascent-retrain-cli-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const base = {
  space: { use: 'convolutional', arguments: { layers: 2 } },
  evaluator: { use: 'image-classifier' },
  strategy: { use: 'random' },
  trials: 3,
};

async function retrain(changes: object, ...words: readonly string[]) {
  await writeFile(join(cwd, 'c.json'), JSON.stringify({ ...base, ...changes }));
  return runCommand(registerRetrainCommand, ['retrain', ...words], { cwd });
}

const said = ({ failure }: { failure: unknown }) => (failure instanceof Error ? failure.message : '');

describe('nascent retrain refuses', () => {
  it('a trial where there is no study', async () => {
    const run = await retrain({}, '3', '--study', 'none.db');
    expect(run.code).toBe(1);
    expect(said(run)).toContain(`there is no study file ${join(cwd, 'none.db')}`);
  });

  it('a network of a table', async () => {
    const space = nasBench201();
    const tokens = encodeSample(sampleUniformly(space, {}, randomStream(1, 'cell')), space);
    expect(said(await retrain({}, tokens, '--config', 'c.json'))).toMatch(
      /kind "nas-bench-201".*only convolutional networks .* and recurrent cells/,
    );
  });

  it('an evaluator that looks results up, and one of the user’s own', async () => {
    const table = await retrain({ evaluator: { use: 'nas-bench-201' } }, 'vgg-like', '--config', 'c.json');
    expect(said(table)).toMatch(/vgg-like cannot be retrained.*trains nothing/);
    const own = await retrain({ evaluator: { use: './e.ts' } }, 'vgg-like', '--config', 'c.json');
    expect(said(own)).toMatch(/a module of your own/);
  });

  it('a grid with an empty list', async () => {
    const run = await retrain({ retrain: { grid: { weightDecay: [] } } }, 'vgg-like', '--config', 'c.json');
    expect(said(run)).toContain('retrain.grid.weightDecay: is an empty list');
  });

  it('data whose relative path leads nowhere, and leaves no directory behind', async () => {
    const evaluator = { use: 'image-classifier', options: { dataset: { path: 'images' } } };
    const run = await retrain({ evaluator }, 'vgg-like', '--config', 'c.json', '--out', 'out');
    expect(said(run)).toContain(`there is no ${join(cwd, 'images')}`);
    expect(existsSync(join(cwd, 'out'))).toBe(false);
  });
});

describe('nascent retrain of a cell refuses', () => {
  const text = { dataset: { name: 'text', path: 'war.txt' }, model: { hidden: 8 } };
  const evaluator = { use: 'language-model', options: text };
  const cell = (changes: object, ...words: readonly string[]) =>
    retrain(
      { evaluator, reward: { kind: 'inverse-square-perplexity' }, ...changes },
      ...words,
      '--config',
      'c.json',
    );

  it.each(['nascell', 'lstm', 'gru'])('%s where the config trains on images', async (name) => {
    const run = await cell({ evaluator: { use: 'image-classifier' } }, name);
    expect(said(run)).toContain(
      `${name} cannot be retrained: the evaluator of the config is "image-classifier", which trains networks on images`,
    );
  });

  it('a network for images where the config trains on text', async () => {
    expect(said(await cell({}, 'vgg-like'))).toMatch(
      /which trains recurrent cells on text, and vgg-like is a convolutional network/,
    );
  });

  it('a grid of a network for images', async () => {
    const run = await cell({ retrain: { grid: { weightDecay: [1e-4] } } }, 'lstm');
    expect(said(run)).toMatch(/retrain\.grid\.weightDecay: is for convolutional networks/);
  });

  it('text whose relative path leads nowhere, also that of the test, and leaves no directory behind', async () => {
    const lost = await cell({}, 'lstm', '--out', 'out');
    expect(said(lost)).toContain(`there is no ${join(cwd, 'war.txt')}`);
    await writeFile(join(cwd, 'war.txt.gz'), '');
    const dataset = { name: 'text', path: 'war.txt', testPath: 'peace.txt' };
    const test = await cell(
      { evaluator: { ...evaluator, options: { ...text, dataset } } },
      'lstm',
      '--out',
      'out',
    );
    expect(said(test)).toContain(`there is no ${join(cwd, 'peace.txt')}`);
    expect(existsSync(join(cwd, 'out'))).toBe(false);
  });

  it('a text without a test part', async () => {
    const dataset = { ...text.dataset, testFraction: 0 };
    const run = await cell({ evaluator: { ...evaluator, options: { ...text, dataset } } }, 'gru');
    expect(said(run)).toMatch(/has no test part/);
  });
});
