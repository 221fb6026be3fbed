import { assertNever } from '../../assert-never.ts';
import { recipeOfRun } from './classifier-plan.ts';
import { FinalClassifier } from './final-classifier.ts';
import { FinalLanguageModel } from './final-language-model.ts';
import type { FinalTraining, FinalTrainingOptions } from './final-training.ts';
import { recipeOfLanguageRun } from './language-model-plan.ts';
import type { FinalPlan } from './plan.ts';

/**
 * Opens the final training of whatever is retrained, and takes up its checkpoint, if there is one.
 * @param choice what the best run of the grid chose
 * @throws DatasetError; RetrainChangedError where the data are not those of the grid; CheckpointError
 */
export async function openTraining(
  plan: FinalPlan,
  choice: unknown,
  options: FinalTrainingOptions,
): Promise<FinalTraining> {
  switch (plan.kind) {
    case 'classifier':
      return FinalClassifier.open(plan, recipeOfRun(plan, choice), options);
    case 'language-model':
      return FinalLanguageModel.open(plan, recipeOfLanguageRun(plan, choice), options);
    default:
      return assertNever(plan);
  }
}
