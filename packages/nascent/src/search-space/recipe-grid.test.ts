import { describe, expect, it } from 'vitest';
import { builtInSpace, spaceOfTokens } from './built-in.ts';
import { enumerate } from './enumerate.ts';
import { InvalidArchitectureError, SpaceOptionsError } from './errors.ts';
import { decayText, parseRecipeChoice, recipeGrid } from './recipe-grid.ts';
import { decodeTokens, encodeSample } from './tokens.ts';

const options = {
  learningRate: [0.1, 0.05],
  weightDecay: [1e-4],
  batchNormEpsilon: [1e-5, 1e-3],
  decayAt: ['at-0.5-0.75', 'at-0.6'],
};

describe('recipe grid', () => {
  it('holds every combination once', () => {
    const space = recipeGrid(options);
    const recipes = [...enumerate(space, {})].map((sample) => space.decode(sample));
    expect(recipes).toHaveLength(8);
    expect(space.size?.({})).toBe(8n);
    expect(recipes[0]).toEqual({
      kind: 'recipe',
      version: 1,
      learningRate: 0.1,
      weightDecay: 1e-4,
      batchNormEpsilon: 1e-5,
      decayAt: [0.5, 0.75],
    });
    expect(recipes[7]).toEqual({
      kind: 'recipe',
      version: 1,
      learningRate: 0.05,
      weightDecay: 1e-4,
      batchNormEpsilon: 1e-3,
      decayAt: [0.6],
    });
    expect(new Set(recipes.map((recipe) => JSON.stringify(recipe))).size).toBe(8);
  });

  it('its token strings decode alone', () => {
    const space = recipeGrid(options);
    for (const sample of enumerate(space, {})) {
      const text = encodeSample(sample, space);
      const found = spaceOfTokens(text);
      expect(found.decode(decodeTokens(text, found))).toEqual(space.decode(sample));
    }
  });

  it('writes fractions so that they read back, also small ones', () => {
    for (const fractions of [[0.5], [0.1, 0.25, 0.999]]) {
      const space = recipeGrid({ ...options, decayAt: [decayText(fractions)] });
      const [first] = enumerate(space, {});
      expect(first && space.decode(first).decayAt).toEqual(fractions);
    }
  });

  it.each([
    ['learningRate', []],
    ['learningRate', [0]],
    ['weightDecay', [-1]],
    ['batchNormEpsilon', [0]],
    ['decayAt', ['at-0.75-0.5']],
    ['decayAt', ['at-1']],
    ['decayAt', ['at-']],
    ['decayAt', ['at-0-0.5']],
    ['decayAt', ['0.5']],
    ['weightDecay', [1, 1]],
  ])('refuses %s = %j, naming it', (name, list) => {
    const make = () => builtInSpace('recipe-grid', { ...options, [name]: list });
    expect(make).toThrow(SpaceOptionsError);
    expect(make).toThrow(new RegExp(name));
  });

  it('refuses what is no choice of recipe', () => {
    expect(() => parseRecipeChoice({ kind: 'convolutional' })).toThrow(InvalidArchitectureError);
  });
});
