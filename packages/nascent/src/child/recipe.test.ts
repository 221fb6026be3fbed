import { describe, expect, it } from 'vitest';
import { type Recipe, recipeSchema, scheduleOf } from './recipe.ts';

const factorsOf = (recipe: Recipe, at: readonly number[]): number[] => at.map(scheduleOf(recipe));

describe('recipe', () => {
  it('defaults to the paper’s settings', () => {
    expect(recipeSchema.parse({})).toEqual({
      epochs: 50,
      batchSize: 64,
      learningRate: 0.1,
      schedule: 'step',
      decayAt: [0.5, 0.75],
      warmupEpochs: 0,
      momentum: 0.9,
      weightDecay: 1e-4,
      batchNormEpsilon: 1e-5,
      whitening: 'per-image',
      precision: 'float32',
    });
  });

  it('reads back what it wrote: a stored recipe is itself', () => {
    const recipe = recipeSchema.parse({ upsample: null, flip: false, decayAt: [0.6, 0.85] });
    expect(recipeSchema.parse(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it('the step schedule divides by 10 at half and at three quarters of training', () => {
    const factors = factorsOf(recipeSchema.parse({}), [0, 0.499, 0.5, 0.749, 0.75, 0.99]);
    const expected = [1, 1, 0.1, 0.1, 0.01, 0.01];
    for (const [at, factor] of factors.entries()) expect(factor).toBeCloseTo(expected[at] as number, 12);
  });

  it('the step schedule divides by 10 where the recipe says', () => {
    const factors = factorsOf(recipeSchema.parse({ decayAt: [0.2, 0.6, 0.9] }), [0.19, 0.2, 0.6, 0.9]);
    for (const [at, factor] of factors.entries()) expect(factor).toBeCloseTo(10 ** -at, 12);
  });

  it.each([[[]], [[0]], [[1]], [[0.5, 0.5]], [[0.75, 0.5]], [[25]]])('refuses decayAt %j', (decayAt) => {
    expect(recipeSchema.safeParse({ decayAt }).success).toBe(false);
  });

  it('the warm-up rises from 0 over its epochs', () => {
    const recipe = recipeSchema.parse({ epochs: 10, warmupEpochs: 2, schedule: 'constant' });
    expect(factorsOf(recipe, [0, 0.1, 0.2, 1])).toEqual([0, 0.5, 1, 1]);
  });
});
