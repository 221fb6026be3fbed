import { describe, expect, it } from 'vitest';
import { scheduledArguments } from './layer-schedule.ts';

const paper = { argument: 'layers', start: 6, add: 2, every: 1600 };

describe('layer schedule', () => {
  it.each([
    [0, 6],
    [1599, 6],
    [1600, 8],
    [3199, 8],
    [3200, 10],
    [12_799, 20],
  ])('with the paper’s settings the sample after %i others has %i layers', (drawn, layers) => {
    expect(scheduledArguments({}, paper, drawn)).toEqual({ layers });
  });

  it('other arguments stay, the scheduled one is overruled', () => {
    expect(scheduledArguments({ layers: 3, blocks: 2 }, paper, 0)).toEqual({ layers: 6, blocks: 2 });
  });

  it('without a schedule the arguments are those of the config', () => {
    expect(scheduledArguments({ layers: 3 }, undefined, 9999)).toEqual({ layers: 3 });
  });
});
