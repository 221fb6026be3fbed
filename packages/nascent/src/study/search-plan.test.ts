import { describe, expect, it } from 'vitest';
import { builtInSpace } from '../search-space/index.ts';
import { parseConfig } from './config.ts';
import { searchPlan } from './search-plan.ts';

describe('the plan of a run in memory', () => {
  const plan = (space: object) => {
    const config = {
      space: { use: 'cnn-v1', ...space },
      evaluator: { use: 'image-classifier' },
      strategy: { use: 'random' },
      trials: 3,
    };
    return searchPlan(parseConfig(config, 'c.json'), builtInSpace('cnn-v1'));
  };

  it('grows as a study of the same config does: by the config, else by the space', () => {
    const paper = { argument: 'layers', start: 6, add: 2, every: 1600 };
    expect(plan({}).schedule).toEqual(paper);
    expect(plan({ arguments: { layers: 4 } }).schedule).toBeUndefined();
    expect(plan({ schedule: { every: 9 } }).schedule).toEqual({ ...paper, every: 9 });
  });
});
