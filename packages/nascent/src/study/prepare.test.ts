import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig, type StudyConfigInput } from './config.ts';
import { prepareStudy } from './prepare.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-prepare-'));
  await writeFile(join(directory, 'evaluator.mjs'), 'throw new Error("loaded where it must not be");');
  await writeFile(
    join(directory, 'strategy.mjs'),
    `export default (space, options, seed) => ({ name: 'mine', space: space.identity.name, options, seed });`,
  );
});
afterAll(() => rm(directory, { recursive: true }));

const prepare = (changes: Partial<StudyConfigInput> = {}) => {
  const config: StudyConfigInput = {
    space: { use: 'convolutional', options: { filterHeight: [3, 5] }, arguments: { layers: 2 } },
    evaluator: { use: './evaluator.mjs', options: { epochs: 3 } },
    strategy: { use: './strategy.mjs', options: { patience: 4 } },
    trials: 3,
    seed: 5,
    ...changes,
  };
  return prepareStudy(parseConfig(config, 'c.json'), directory);
};

describe('preparing a study', () => {
  it('needs no number of layers where the space has a schedule of its own', async () => {
    const { space } = await prepare({ space: { use: 'cnn-v1' } });
    expect(space.schedule).toEqual({ argument: 'layers', start: 6, add: 2, every: 1600 });
  });

  it('makes space and strategy from their options; the evaluator is only found, not loaded', async () => {
    const { space, strategy, evaluator } = await prepare();
    expect(space.identity.options).toEqual({ filterHeight: [3, 5] });
    expect(strategy).toMatchObject({
      name: 'mine',
      space: 'convolutional',
      options: { patience: 4 },
      seed: 5,
    });
    expect(evaluator).toMatchObject({
      module: { origin: 'file', path: join(directory, 'evaluator.mjs') },
      options: { epochs: 3 },
    });
  });

  it('the evaluator’s identity is its content and options', async () => {
    const { evaluatorIdentity } = await prepare();
    expect((await prepare({ seed: 9 })).evaluatorIdentity).toBe(evaluatorIdentity);
    const other = await prepare({ evaluator: { use: './evaluator.mjs', options: { epochs: 4 } } });
    expect(other.evaluatorIdentity).not.toBe(evaluatorIdentity);
  });

  it.each([
    ['a misspelt argument', { use: 'convolutional', arguments: { layer: 2 } }, /layer/],
    ['a misspelt option', { use: 'convolutional', options: { filterHeigth: [3] } }, /filterHeigth/],
    [
      'a schedule of an argument that is not there',
      { use: 'convolutional', schedule: { argument: 'depth' } },
      /depth/,
    ],
  ])('%s of the space is told before anything is loaded', async (_, space, message) => {
    await expect(prepare({ space })).rejects.toThrow(message);
  });
});
