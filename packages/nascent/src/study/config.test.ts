import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ConfigInvalidError,
  configJsonSchema,
  DEFAULT_COMPARE,
  parseConfig,
  type StudyConfigInput,
} from './config.ts';

const config: StudyConfigInput = {
  space: { use: 'convolutional', arguments: { layers: 6 } },
  evaluator: { use: 'image-classifier', options: { epochs: 3 } },
  strategy: { use: 'policy-gradient', options: { preset: 'paper' } },
  trials: 24,
};

describe('config', () => {
  it('what is left out gets its default', () => {
    expect(parseConfig(config, 'c.ts')).toEqual({
      ...config,
      reward: { kind: 'cubed-accuracy', lastEpochs: 5, failed: 0 },
      workers: 1,
      seed: 1,
      limits: { attempts: 2 },
      duplicates: 'train',
    });
  });

  it('a comparison has ten seeds of four strategies, unless it says otherwise', () => {
    expect(parseConfig({ ...config, compare: { seeds: 3 } }, 'c.ts').compare).toEqual({
      strategies: ['paper', 'strong', 'random', 'evolution'],
      seeds: 3,
      firstSeed: 1,
    });
    expect(DEFAULT_COMPARE).toEqual({
      strategies: ['paper', 'strong', 'random', 'evolution'],
      seeds: 10,
      firstSeed: 1,
    });
  });

  it('the layer schedule has the paper’s defaults', () => {
    const { space } = parseConfig({ ...config, space: { use: 'convolutional', schedule: {} } }, 'c.ts');
    expect(space.schedule).toEqual({ argument: 'layers', start: 6, add: 2, every: 1600 });
  });

  it.each([
    ['at the top', { ...config, trails: 3 }, 'trails: there is no key "trails"; did you mean "trials"?'],
    [
      'inside',
      { ...config, space: { use: 'convolutional', argumets: { layers: 2 } } },
      'space.argumets: there is no key "argumets" in "space"; did you mean "arguments"?',
    ],
    [
      'in one of several kinds',
      { ...config, reward: { kind: 'inverse-square-perplexity', lastEpoch: 1 } },
      'reward.lastEpoch: there is no key "lastEpoch" in "reward"; did you mean "lastEpochs"?',
    ],
    [
      'that resembles nothing',
      { ...config, limits: { gpu: 1 } },
      'limits.gpu: there is no key "gpu" in "limits"; known keys: secondsPerTrial, memoryMiB, attempts',
    ],
  ])('a misspelt key %s is named with its path and the nearest right key', (_, wrong, message) => {
    expect(() => parseConfig(wrong, 'my.config.ts')).toThrow(ConfigInvalidError);
    expect(() => parseConfig(wrong, 'my.config.ts')).toThrow(message);
    expect(() => parseConfig(wrong, 'my.config.ts')).toThrow(/^my\.config\.ts is not a valid config/);
  });

  it('every fault is named, not only the first', () => {
    const wrong = { ...config, trials: 0, workers: 'two', duplicates: 'forget', strategy: undefined };
    for (const path of ['trials', 'workers', 'duplicates', 'strategy']) {
      expect(() => parseConfig(wrong, 'c.ts')).toThrow(new RegExp(`- ${path}: `));
    }
  });

  it('the published JSON schema is up to date', () => {
    // After a change on purpose: UPDATE_SCHEMA=1 npx vitest run packages/nascent/src/study/config.test.ts
    const file = new URL('../../schema/config.schema.json', import.meta.url);
    const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
    if (process.env['UPDATE_SCHEMA']) writeFileSync(file, schema);
    expect(readFileSync(file, 'utf8')).toBe(schema);
  });
});
