import { describe, expect, it } from 'vitest';
import { convolutional } from '../search-space/index.ts';
import { scheduledArguments, scheduleOf } from './layer-schedule.ts';

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

  it('of a convolutional space is the paper’s by default, where a config says nothing of layers', () => {
    const space = convolutional();
    expect(scheduleOf({ arguments: {} }, space)).toEqual(paper);
    expect(scheduleOf({ arguments: { layers: 3 } }, space)).toBeUndefined();
    const own = { ...paper, every: 100 };
    expect(scheduleOf({ arguments: { layers: 3 }, schedule: own }, space)).toEqual(own);
    expect(scheduleOf({ arguments: {} }, {})).toBeUndefined();
  });
});
