import { z } from 'zod';
import type { Evaluation } from '../../evaluation/evaluation.ts';
import type { EvaluationContext, Evaluator } from '../../evaluation/evaluator.ts';
import { parseLanguageRecipeChoice, parseRecurrentArchitecture } from '../../search-space/index.ts';
import { parseEvaluatorOptions, RETRAIN_MAKES_THEM } from '../evaluator-options.ts';
import type { EvaluatorEnvironment } from '../image-classifier.ts';
import { createEvaluator as createLanguageModel } from './evaluator.ts';
import { languageModelRecipeSchema } from './recipe.ts';
import { withChoice } from './recipe-choice.ts';

const optionsSchema = z.strictObject({
  /** The cell, the same in every evaluation. */
  architecture: z.unknown(),
  /** Options of the evaluator `language-model`. */
  languageModel: z.record(z.string(), z.unknown()),
});

/**
 * The evaluator of a grid search over recipes (Zoph & Le 2017, §4.2): one recurrent cell, trained with the recipe that
 * each trial chooses in the space `language-recipe-grid`, scored by validation perplexity.
 * @throws NascentError for wrong options; DatasetError for missing or damaged files
 */
export async function createEvaluator(
  options: unknown,
  environment: EvaluatorEnvironment,
): Promise<Evaluator<unknown>> {
  const parsed = parseEvaluatorOptions('recipe-language-model', optionsSchema, options, RETRAIN_MAKES_THEM);
  const { languageModel } = parsed;
  const cell = parseRecurrentArchitecture(parsed.architecture);
  const model = await createLanguageModel(languageModel, environment);
  // Checked by the evaluator, which has more options than these.
  const recipe = languageModelRecipeSchema.strip().parse(languageModel);
  return {
    score: model.score,
    inline: false,
    datasetChecksum: model.datasetChecksum,
    evaluate: (choice: unknown, context: EvaluationContext): Promise<Evaluation> =>
      model.withRecipe(withChoice(recipe, parseLanguageRecipeChoice(choice))).evaluate(cell, context),
    dispose: () => model.dispose(),
  };
}

export default createEvaluator;
