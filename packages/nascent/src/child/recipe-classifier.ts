import { z } from 'zod';
import type { Evaluation } from '../evaluation/evaluation.ts';
import type { EvaluationContext, Evaluator } from '../evaluation/evaluator.ts';
import { parseConvolutionalArchitecture, parseRecipeChoice } from '../search-space/index.ts';
import { parseEvaluatorOptions, RETRAIN_MAKES_THEM } from './evaluator-options.ts';
import { createEvaluator as createImageClassifier, type EvaluatorEnvironment } from './image-classifier.ts';

const optionsSchema = z.strictObject({
  /** The network, the same in every evaluation. */
  architecture: z.unknown(),
  /** Options of the evaluator `image-classifier`. */
  classifier: z.record(z.string(), z.unknown()),
});

/**
 * The evaluator of a grid search over recipes (Zoph & Le 2017, §4.1): one network, trained with the recipe that
 * each trial chooses in the space `recipe-grid`, scored by validation accuracy. A learning rate that the
 * architecture predicts gives way to the trial's.
 * @throws NascentError for wrong options; DatasetError for missing or damaged files
 */
export async function createEvaluator(
  options: unknown,
  environment: EvaluatorEnvironment,
): Promise<Evaluator<unknown>> {
  const parsed = parseEvaluatorOptions('recipe-classifier', optionsSchema, options, RETRAIN_MAKES_THEM);
  const { learningRate: _, ...network } = parseConvolutionalArchitecture(parsed.architecture);
  const classifier = await createImageClassifier(parsed.classifier, environment);
  return {
    score: classifier.score,
    inline: false,
    datasetChecksum: classifier.datasetChecksum,
    evaluate(choice: unknown, context: EvaluationContext): Promise<Evaluation> {
      const { kind: _kind, version: _version, decayAt, ...recipe } = parseRecipeChoice(choice);
      return classifier.withRecipe({ ...recipe, decayAt: [...decayAt] }).evaluate(network, context);
    },
    dispose: () => classifier.dispose(),
  };
}

export default createEvaluator;
