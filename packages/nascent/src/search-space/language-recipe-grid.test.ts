import { describe, expect, it } from 'vitest';
import { builtInSpace, spaceOfTokens } from './built-in.ts';
import { enumerate } from './enumerate.ts';
import { InvalidArchitectureError, SpaceOptionsError } from './errors.ts';
import { languageRecipeGrid, parseLanguageRecipeChoice } from './language-recipe-grid.ts';
import { decodeTokens, encodeSample } from './tokens.ts';

const options = { learningRate: [1, 0.5], initialisation: [0.05], dropout: [0, 0.5], decayFrom: [6, 12] };

describe('grid of recipes for language models', () => {
  it('holds every combination once', () => {
    const space = languageRecipeGrid(options);
    const recipes = [...enumerate(space, {})].map((sample) => space.decode(sample));
    expect(space.size?.({})).toBe(8n);
    expect(new Set(recipes.map((recipe) => JSON.stringify(recipe))).size).toBe(8);
    expect(recipes[0]).toEqual({
      kind: 'language-recipe',
      version: 1,
      learningRate: 1,
      initialisation: 0.05,
      dropout: 0,
      decayFrom: 6,
    });
  });

  it('asks only what has a list, in one order whatever that of the options', () => {
    const space = languageRecipeGrid({ embeddingDropout: [0.1], recurrentDropout: [0.2, 0.3] });
    expect(Object.keys(space.decisions)).toEqual(['recurrentDropout', 'embeddingDropout']);
    expect([...enumerate(space, {})].map((sample) => space.decode(sample))).toEqual([
      { kind: 'language-recipe', version: 1, recurrentDropout: 0.2, embeddingDropout: 0.1 },
      { kind: 'language-recipe', version: 1, recurrentDropout: 0.3, embeddingDropout: 0.1 },
    ]);
  });

  it('its token strings decode alone', () => {
    const space = languageRecipeGrid(options);
    for (const sample of enumerate(space, {})) {
      const text = encodeSample(sample, space);
      const found = spaceOfTokens(text);
      expect(found.decode(decodeTokens(text, found))).toEqual(space.decode(sample));
    }
  });

  it.each([
    ['learningRate', []],
    ['learningRate', [0]],
    ['initialisation', [-0.1]],
    ['dropout', [1]],
    ['recurrentDropout', [-0.1]],
    ['embeddingDropout', [0.1, 0.1]],
    ['decayFrom', [1.5]],
    ['weightDecay', [1e-4]],
  ])('refuses %s = %j, naming it', (name, list) => {
    const make = () => builtInSpace('language-recipe-grid', { ...options, [name]: list });
    expect(make).toThrow(SpaceOptionsError);
    expect(make).toThrow(new RegExp(name));
  });

  it('refuses a grid that varies nothing', () => {
    expect(() => languageRecipeGrid()).toThrow(/nothing is to be varied/);
  });

  it('refuses what is no choice of recipe', () => {
    expect(() => parseLanguageRecipeChoice({ kind: 'recipe', version: 1 })).toThrow(InvalidArchitectureError);
    expect(() => parseLanguageRecipeChoice({ kind: 'language-recipe', version: 1, dropout: 2 })).toThrow(
      /dropout/,
    );
  });
});
