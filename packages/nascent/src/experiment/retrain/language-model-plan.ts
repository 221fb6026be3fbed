import { z } from 'zod';
import { languageModelSchema } from '../../child/language-model/evaluator.ts';
import { type LanguageModelRecipe, languageModelRecipeSchema } from '../../child/language-model/recipe.ts';
import { stretched, withChoice } from '../../child/language-model/recipe-choice.ts';
import { parseLanguageRecipeChoice, type RecurrentArchitecture } from '../../search-space/index.ts';
import { ConfigInvalidError, type StudyConfig } from '../../study/config.ts';
import { GRID_KEYS, type RetrainConfig } from '../../study/retrain-config.ts';
import { FINAL_EPOCHS_FACTOR, type GridLists, misplacedKeys, present, rounded } from './grid-lists.ts';

/** The final training of a recurrent cell as a language model. */
export interface LanguageModelFinalPlan {
  readonly kind: 'language-model';
  readonly architecture: RecurrentArchitecture;
  /** Of the evaluator, as the search has them. */
  readonly languageModel: Readonly<Record<string, unknown>>;
  /** What the grid's runs are trained for: an epoch that they choose is one of these. */
  readonly gridEpochs: number;
  readonly epochs: number;
  readonly text: 'train' | 'train+validation';
  /** What the config says over the grid's choice. */
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly checkpointEvery: number;
}

/** @throws ConfigInvalidError where `retrain` does not fit the evaluator */
export function planLanguageModel(
  architecture: RecurrentArchitecture,
  config: StudyConfig,
  retrain: RetrainConfig,
  seed: number,
) {
  refuseImages(retrain);
  const { languageModel, recipe: own } = languageModelOf(config);
  const gridEpochs = retrain.gridEpochs ?? own.epochs;
  const recipe = stretched(own, gridEpochs);
  const ofGrid = {
    ...languageModel,
    epochs: gridEpochs,
    ...(gridEpochs === own.epochs || own.schedule !== 'decay'
      ? {}
      : { decayFrom: recipe.decayFrom, decayFactor: recipe.decayFactor }),
  };
  const lists = gridOf(retrain, recipe);
  const final: LanguageModelFinalPlan = {
    kind: 'language-model',
    architecture,
    languageModel,
    gridEpochs,
    epochs: retrain.final.epochs ?? FINAL_EPOCHS_FACTOR * own.epochs,
    text: retrain.final.text ?? 'train',
    recipe: retrain.final.recipe,
    seed,
    checkpointEvery: retrain.checkpointEvery,
  };
  recipeOfLanguageRun(final, { kind: 'language-recipe', version: 1 }); // says now what is wrong with it
  return {
    space: { use: 'language-recipe-grid', lists },
    evaluator: { use: 'recipe-language-model', options: { architecture, languageModel: ofGrid } },
    reward: { kind: 'inverse-square-perplexity', lastEpochs: config.reward.lastEpochs },
    gridEpochs,
    final,
    seen: { text: final.text },
  } as const;
}

/**
 * The recipe of the final training: the search's with what a run of the grid chose, its schedule stretched to the
 * epochs of the final training, and what the config says over both.
 * @throws ConfigInvalidError
 */
export function recipeOfLanguageRun(
  { languageModel, gridEpochs, epochs, recipe: changes }: LanguageModelFinalPlan,
  choice: unknown,
): LanguageModelRecipe {
  if ('epochs' in changes)
    throw new ConfigInvalidError('the config', [
      'retrain.final.recipe.epochs: use retrain.final.epochs instead',
    ]);
  const own = languageModelRecipeSchema.strip().parse(languageModel);
  const run = parseLanguageRecipeChoice(choice);
  // Past the grid where that chose no epoch of decay: whole epochs of a short grid would say it less exactly.
  const base = run.decayFrom === undefined ? own : stretched(own, gridEpochs);
  const chosen = stretched(withChoice(base, run), epochs);
  const { dropout } = changes;
  const parsed = languageModelRecipeSchema.safeParse({
    ...chosen,
    ...changes,
    ...(isObject(dropout) ? { dropout: { ...chosen.dropout, ...dropout } } : {}),
  });
  if (parsed.success) return parsed.data;
  throw new ConfigInvalidError('the config', [`retrain.final.recipe: ${z.prettifyError(parsed.error)}`]);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function refuseImages({ grid, final }: RetrainConfig): void {
  const faults = misplacedKeys(grid, GRID_KEYS.images).map(
    (key) =>
      `retrain.grid.${key}: is for convolutional networks (evaluator "image-classifier"), and the evaluator is ` +
      `"language-model". A grid of recurrent cells has learningRate, ${GRID_KEYS.text.join(', ')}`,
  );
  if (final.images !== 'train')
    faults.push('retrain.final.images: is for convolutional networks; use retrain.final.text');
  if (faults.length > 0) throw new ConfigInvalidError('the config', faults);
}

/** The evaluator's options as far as they are about recipe, model and text, and the recipe in full. */
function languageModelOf(config: StudyConfig): {
  readonly languageModel: Readonly<Record<string, unknown>>;
  readonly recipe: LanguageModelRecipe;
} {
  const options = config.evaluator.options ?? {};
  const parsed = languageModelSchema.safeParse(options);
  if (!parsed.success)
    throw new ConfigInvalidError('the config', [`evaluator.options: ${z.prettifyError(parsed.error)}`]);
  const { name, testPath, testFraction } = parsed.data.dataset;
  if (name === 'text' && testPath === undefined && testFraction === 0) {
    throw new ConfigInvalidError('the config', [
      'evaluator.options.dataset: has no test part, which a finished model is tested on: testFraction is 0 and there ' +
        'is no testPath. Name a file with testPath, or search on a text of which a part is left for the test',
    ]);
  }
  const kept = new Set(['dataset', 'model', ...Object.keys(languageModelRecipeSchema.shape)]);
  const languageModel = Object.fromEntries(Object.entries(options).filter(([key]) => kept.has(key)));
  return { languageModel, recipe: languageModelRecipeSchema.strip().parse(languageModel) };
}

/** Of what is kept another fifth is dropped as well: 0.5 and 0.6. */
const DEFAULT_DROPPED_MORE = 0.2;

function gridOf({ grid }: RetrainConfig, recipe: LanguageModelRecipe): GridLists {
  if (grid?.decayFrom !== undefined && recipe.schedule !== 'decay') {
    throw new ConfigInvalidError('the config', [
      `retrain.grid.decayFrom has no effect: the schedule of the evaluator is "${recipe.schedule}". ` +
        'Leave it out, or set the schedule to "decay"',
    ]);
  }
  if (grid === undefined) return defaultGrid(recipe);
  const { learningRate, initialisation, dropout, recurrentDropout, embeddingDropout, decayFrom } = grid;
  return {
    learningRate: learningRate ?? [recipe.learningRate],
    ...present({ initialisation, dropout, recurrentDropout, embeddingDropout, decayFrom }),
  };
}

/**
 * At most 16 runs: two values of each thing that the paper's grid varies (Zoph & Le 2017, §4.2). Dropout is varied where
 * one number says what there is of it, decay where the schedule has such an epoch.
 */
function defaultGrid(recipe: LanguageModelRecipe): GridLists {
  const { input, output } = recipe.dropout;
  const decayFrom = recipe.schedule === 'decay' ? otherDecay(recipe) : null;
  return {
    learningRate: [recipe.learningRate, rounded(recipe.learningRate / 2)],
    initialisation: [recipe.initialisation, rounded(2 * recipe.initialisation)],
    ...(input === output ? { dropout: [input, rounded(input + DEFAULT_DROPPED_MORE * (1 - input))] } : {}),
    ...(decayFrom === null ? {} : { decayFrom: [recipe.decayFrom, decayFrom] }),
  };
}

/** Twice as late; where that is after the last epoch, half as late; null where it makes no difference. */
function otherDecay({ decayFrom, epochs }: LanguageModelRecipe): number | null {
  const own = Math.max(1, decayFrom);
  const other = 2 * own < epochs ? 2 * own : Math.floor(Math.min(own, epochs) / 2);
  return other >= 1 && other < epochs ? other : null;
}
