/**
 * Language models around a recurrent cell (Zoph & Le 2017, §3.4, §4.2).
 *
 * 1. `compile-cell.ts`, `recurrent-layer.ts`   a cell becomes a layer that reads whole sequences
 * 2. `language-model.ts`, `masks.ts`   embedding, layers, softmax; dropout
 * 3. `recipe.ts`   how it is trained; the defaults are the paper's
 * 4. `text-columns.ts`, `language-model-trainer.ts`   truncated back-propagation through a text
 * 5. `perplexity.ts`   the score
 * 6. `train-language-model.ts`, `evaluator.ts`   the whole training, with its outcomes; the evaluator of a study
 * 7. `generate.ts`   text that a trained model writes
 * 8. `recipe-choice.ts`, `recipe-evaluator.ts`, `model-file.ts`   one cell again: recipes, long training, its file
 */
export { type GenerateOptions, generate } from './generate.ts';
export { LanguageModel } from './language-model.ts';
export { LanguageModelTrainer } from './language-model-trainer.ts';
export {
  type LanguageModelFacts,
  loadLanguageModel,
  modelOf,
  type StoredLanguageModel,
  saveLanguageModel,
} from './model-file.ts';
export { IN_ONE, IN_PARTS, perplexityOf, type Reading } from './perplexity.ts';
export { languageModelRecipeSchema } from './recipe.ts';
export { trainLanguageModel } from './train-language-model.ts';
