import { describe, expect, it } from 'vitest';
import { withDefaultPreset } from './default-preset.ts';

const controller = { use: 'policy-gradient' };

describe('the preset of a search that names none', () => {
  it.each([
    [999, { preset: 'strong', warmup: 30 }],
    [1000, { preset: 'paper' }],
    [100, { preset: 'strong', warmup: 30 }],
    [36, { preset: 'strong', warmup: 11 }],
    [1, { preset: 'strong', warmup: 1 }],
  ])('%d trials › %o', (trials, options) => {
    expect(withDefaultPreset(controller, trials)).toEqual({ use: 'policy-gradient', options });
  });

  it('is never put in place of one that is named, nor given to another strategy', () => {
    const paper = { use: 'policy-gradient', options: { preset: 'paper', batchSize: 4 } };
    expect(withDefaultPreset(paper, 10)).toEqual(paper);
    expect(withDefaultPreset({ use: 'random' }, 10)).toEqual({ use: 'random' });
    const own = { use: 'policy-gradient', options: { preset: 'strong', warmup: 5 } };
    expect(withDefaultPreset(own, 10)).toEqual(own);
  });

  it('stays what the study was begun with, however many trials it goes on for', () => {
    const begun = withDefaultPreset(controller, 36);
    expect(withDefaultPreset(controller, 5000, begun)).toEqual(begun);
    const long = withDefaultPreset(controller, 5000);
    expect(withDefaultPreset(controller, 36, long)).toEqual(long);
  });

  it('leaves options that make no sense to the strategy, which says so', () => {
    const wrong = { use: 'policy-gradient', options: { preset: 3 } };
    expect(withDefaultPreset(wrong, 10)).toEqual(wrong);
  });
});
