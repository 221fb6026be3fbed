import { describe, expect, it } from 'vitest';
import { languageModelRecipeSchema, rateFactor } from './recipe.ts';
import { stretched, withChoice } from './recipe-choice.ts';

const recipe = languageModelRecipeSchema.parse({});
const kind = { kind: 'language-recipe', version: 1 } as const;

describe('what a grid chose', () => {
  it('takes the place of the recipe’s own, and what it did not choose stays', () => {
    const chosen = withChoice(recipe, { ...kind, learningRate: 2, decayFrom: 9 });
    expect(chosen).toEqual({ ...recipe, learningRate: 2, decayFrom: 9 });
  });

  it('dropout is that of what the layers and of what the softmax reads; 0 is a choice too', () => {
    const { dropout } = withChoice(recipe, { ...kind, dropout: 0, recurrentDropout: 0.1 });
    expect(dropout).toEqual({ embedding: 0.2, input: 0, recurrent: 0.1, output: 0, variational: true });
    expect(withChoice(recipe, { ...kind, embeddingDropout: 0 }).dropout).toEqual({
      ...recipe.dropout,
      embedding: 0,
    });
  });
});

describe('a recipe for more or fewer epochs', () => {
  it.each([
    [35, 140],
    [30, 15],
    [35, 36],
  ])('%i epochs stretched to %i end with the same learning rate', (epochs, other) => {
    const own = languageModelRecipeSchema.parse({ epochs });
    const longer = stretched(own, other);
    expect(longer.epochs).toBe(other);
    const last = (of: typeof own) => Math.log(rateFactor(of, of.epochs, 0));
    expect(last(longer)).toBeCloseTo(last(own), 1);
  });

  it('decays as much later as there are more epochs', () => {
    expect(stretched(recipe, 70)).toMatchObject({ decayFrom: 12, decayFactor: 1.09544511501 });
  });

  it('of the same number stays as it is, and so does one that does not decay', () => {
    expect(stretched(recipe, 35)).toEqual(recipe);
    const cosine = languageModelRecipeSchema.parse({ schedule: 'cosine' });
    expect(stretched(cosine, 70)).toEqual({ ...cosine, epochs: 70 });
  });

  it('always has a first epoch of the whole rate', () => {
    const short = stretched(languageModelRecipeSchema.parse({ decayFrom: 0 }), 2);
    expect(rateFactor(short, 1, 0)).toBe(1);
    expect(rateFactor(short, 2, 0)).toBeLessThan(1);
  });
});
