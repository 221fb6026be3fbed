import type { LanguageRecipeChoice } from '../../search-space/index.ts';
import type { LanguageModelRecipe } from './recipe.ts';

/** The recipe with what a grid search chose; `dropout` holds of what the layers and of what the softmax reads. */
export function withChoice(
  recipe: LanguageModelRecipe,
  {
    learningRate,
    initialisation,
    dropout,
    recurrentDropout,
    embeddingDropout,
    decayFrom,
  }: LanguageRecipeChoice,
): LanguageModelRecipe {
  const own = recipe.dropout;
  return {
    ...recipe,
    learningRate: learningRate ?? recipe.learningRate,
    initialisation: initialisation ?? recipe.initialisation,
    decayFrom: decayFrom ?? recipe.decayFrom,
    dropout: {
      ...own,
      input: dropout ?? own.input,
      output: dropout ?? own.output,
      recurrent: recurrentDropout ?? own.recurrent,
      embedding: embeddingDropout ?? own.embedding,
    },
  };
}

/**
 * The recipe for another number of epochs. Its learning rate takes the same way over the whole of training: what
 * decays from epoch 6 on by 1.2 decays, in twice as many epochs, from epoch 12 on by √1.2. (The schedules `cosine` and
 * `constant` are the same over any number of epochs.)
 */
export function stretched(recipe: LanguageModelRecipe, epochs: number): LanguageModelRecipe {
  const { schedule, decayFrom, decayFactor } = recipe;
  if (schedule !== 'decay' || epochs === recipe.epochs) return { ...recipe, epochs };
  const by = epochs / recipe.epochs;
  return {
    ...recipe,
    epochs,
    // Epochs 0 and 1 are the same: the first epoch has the whole rate.
    decayFrom: Math.max(1, Math.round(by * Math.max(1, decayFrom))),
    // Twelve digits: enough for the same way, and a number that people can read.
    decayFactor: Number((decayFactor ** (1 / by)).toPrecision(12)),
  };
}
